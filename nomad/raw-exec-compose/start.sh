#!/usr/bin/env bash
# The workers of one allocation in containers, for Nomad's raw_exec: starts them, looks after them, ends them in order.
# Nomad signals this process alone and kills what is in its cgroup; containers are neither, so all that ends them is here, in
# teardown.sh, which Nomad runs afterwards, and in reap.sh, which looks after what both have missed.
#
#   NOMAD_ALLOC_ID     whose containers they are
#   WORKERS_COUNT      how many share the GPU
#   WORKERS_IMAGE      what they run
#   WORKERS_MEMORY_MB  what each may have
#   WORKERS_STOP_MS    what they have to finish when told to stop; over WORKER_GRACE_MS, and well below kill_timeout
#   WORKERS_GPU        off = the node has none
#   WORKERS_LOOK_MS    how often they are looked at, and asked whether the fleet wishes that they rest
#   NODE_NAME          the machine, for the fleet; its host name unless told
# Everything else goes to the workers as compose.yaml says.
#
# Exit code: 0 = ended in order; 69 = the engine does not answer; 78 = the job file is wrong; 1 = not all ended in order;
# otherwise what the workers ended with.
set -u
# shellcheck source-path=SCRIPTDIR source=containers.sh
. "$(dirname "${BASH_SOURCE[0]}")/containers.sh"

# shellcheck disable=SC2317 # called by the traps below
on_signal() {
  [ -n "$asked" ] || say "$1: the workers drain"
  asked=${asked:-$1}
}
trap 'on_signal TERM' TERM
trap 'on_signal INT' INT
trap 'on_signal HUP' HUP

refuse() {
  say "$1"
  exit 78
}

alloc=${NOMAD_ALLOC_ID:-}
count=${WORKERS_COUNT:-1}
stop_ms=${WORKERS_STOP_MS:-20000}
[ -n "$alloc" ] || refuse 'NOMAD_ALLOC_ID is needed: containers are found by it'
[[ $count =~ ^[1-9][0-9]{0,2}$ ]] || refuse 'WORKERS_COUNT is a whole number from 1'
[[ $stop_ms =~ ^[1-9][0-9]*$ ]] || refuse 'WORKERS_STOP_MS is in whole milliseconds'
[[ ${WORKERS_LOOK_MS:-5000} =~ ^[1-9][0-9]*$ ]] || refuse 'WORKERS_LOOK_MS is in whole milliseconds'
[ "${WORKER_GRACE_MS:-25000}" -lt "$stop_ms" ] || refuse 'WORKERS_STOP_MS must be longer than WORKER_GRACE_MS, or a stop cuts drains off'
grace=$(((stop_ms + 999) / 1000))
export WORKERS_COUNT=$count WORKERS_STOP_SECONDS=$grace NODE_NAME="${NODE_NAME:-$HOSTNAME}"

files=()
[ "${WORKERS_GPU:-on}" = off ] || files+=(-f "$here/compose.gpu.yaml")
[ -z "${MODELS_CACHE_DIR:-}" ] || files+=(-f "$here/compose.models.yaml")

# shellcheck source-path=SCRIPTDIR source=rest.sh
. "$here/rest.sh"

up=
look_seconds=$(((${WORKERS_LOOK_MS:-5000} + 999) / 1000))

# Attached, so that what the containers say reaches Nomad's logs. In a session of its own: docker hands over to a plugin,
# which outlives it, and both must be reached.
start_up() {
  local what=(--remove-orphans --scale "worker=$count")
  [ -z "$resting" ] || what=(gate)
  setsid docker compose -p "muster-$alloc" -f "$here/compose.yaml" "${files[@]}" up --no-color --no-log-prefix --no-build "${what[@]}" &
  up=$!
}

# The client, not the containers. It would end by itself when they have; this is for one that does not.
end_up() {
  [ -n "$up" ] || return 0
  kill -TERM -- "-$up" 2>/dev/null
  local turns
  for turns in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 -- "-$up" 2>/dev/null || break
    [ "$turns" -lt 10 ] || kill -KILL -- "-$up" 2>/dev/null
    sleep 0.2
  done
  await "$up"
  up=
}

# A container whose worker does not answer any more is restarted alone: the engine only says that it is unhealthy. It says so of
# one that was stopped, too.
restart_unhealthy() {
  local id
  for id in $(containers_of "$alloc" --filter health=unhealthy --filter status=running); do
    say "a container does not answer and is restarted: $id"
    unless_asked $((grace + 5)) docker restart -t "$grace" "$id" >/dev/null || say "it was not restarted: $id"
  done
}

# The worst code that a container ended with. 143 is our own SIGTERM, met by one that had not begun to listen for it: it held
# nothing yet.
worst_code() {
  local ids worst=0 code
  ids=$(containers_of "$alloc" --filter status=exited) || return 1
  [ -n "$ids" ] || { echo 0 && return; }
  # shellcheck disable=SC2086 # one id a word
  for code in $(ask inspect -f '{{.State.ExitCode}}' $ids); do
    [ "$code" -le "$worst" ] || [ "$code" -eq 143 ] || worst=$code
  done
  echo "$worst"
}

# Those of a service that run, or will.
live() {
  containers_of "$alloc" --filter "label=com.docker.compose.service=$1" \
    --filter status=created --filter status=running --filter status=restarting
}

# There were some, and none of them will work again. The gate goes on, and compose with it. An engine that is slow to answer
# says neither: nobody is ended for that.
all_workers_ended() {
  local made live
  made=$(containers_of "$alloc" --filter label=com.docker.compose.service=worker) && [ -n "$made" ] &&
    live=$(live worker) && [ -z "$live" ]
}

# Looks after the containers until this script is told to stop, or none of them runs any more.
look_after() {
  local next_look
  while [ -z "$asked" ]; do
    next_look=$((SECONDS + look_seconds))
    while [ "$SECONDS" -lt "$next_look" ] && [ -z "$asked" ] && kill -0 "$up" 2>/dev/null; do sleep 0.2; done
    [ -z "$asked" ] || return 0
    if kill -0 "$up" 2>/dev/null; then
      obey
      [ -z "$resting" ] || continue
      restart_unhealthy
      [ "$SECONDS" -lt "$judged_from" ] || ! all_workers_ended || return 0
      continue
    fi
    await "$up"
    code=$?
    if [ -n "$resting" ]; then [ -n "$(live gate)" ] || return 0; else [ -n "$(live worker)" ] || return 0; fi
    say "compose ended with $code while containers run: it is attached again"
    end_up
    start_up
  done
}

# Everything down, once. What was started is ended in the order that lets workers finish: they first, then who watches them.
end_all() {
  local worst left=0
  compose limited $((grace + 5)) "$alloc" stop -t "$grace" || say 'compose stop did not end well'
  worst=$(worst_code) || worst=1
  end_up
  tear_down limited "$alloc" "$grace" || left=1
  [ "$left" -eq 0 ] || say 'containers are left: the engine does not answer'
  [ "$worst" -eq 0 ] || say "a worker ended with $worst"
  [ "$left" -eq 0 ] && [ "$worst" -eq 0 ]
}

if ! unless_asked 5 docker version --format '{{.Server.Version}}' >/dev/null 2>&1 && [ -z "$asked" ]; then
  say 'the docker engine does not answer'
  exit 69
fi
# A restart in place has the same allocation: what an earlier start that was killed has left is ended in order first.
if [ -z "$asked" ] && [ -n "$(containers_of "$alloc")" ]; then
  say 'containers of an earlier start are there: they are ended first'
  tear_down unless_asked "$alloc" "$grace" || [ -n "$asked" ] || say 'some of them are left'
fi

code=0
if [ -z "$asked" ]; then
  begin
  look_after
fi
if [ -n "$asked" ]; then
  end_all || exit 1
  exit 0
fi
worst=$(worst_code) || worst=1
[ "$code" -ne 0 ] || code=$worst
say "no worker runs any more, the worst ended with $worst"
end_all
exit "$code"
