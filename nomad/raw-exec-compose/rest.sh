# shellcheck shell=bash disable=SC2034,SC2154 # what it shares with start.sh
# Workers of a node that is drained: start.sh stops them, keeps them away, and starts them again. `gate` says what the fleet wishes;
# while it does not say, the last wish holds.

# Not empty: no worker is to run.
resting=
# Seconds of this script before which nobody says that all workers have ended: those that were stopped are being started.
judged_from=0
# What compose has for that. The image is there.
WAKE_SECONDS=60
# What a gate has that answers and does not know: a node whose database is away works as before.
PATIENCE_SECONDS=10
# What one has to answer at all.
ANSWER_SECONDS=60

# rest, work, unknown, or nothing where nobody answers.
wish() {
  local said
  said=$(curl -s --noproxy '*' --max-time 3 "http://${NOMAD_IP_admin:-127.0.0.1}:${NOMAD_PORT_admin:-9480}/wish" 2>/dev/null)
  # A gate of an older image answers something else.
  case "$said" in '' | rest | work) echo "$said" ;; *) echo unknown ;; esac
}

# Let workers finish and keep them away. Not given up when this script is told to stop: a second signal would cut them off, and
# what they have left ends before kill_timeout does.
rest() {
  [ -n "$resting" ] || say 'the node is drained: the workers finish and stay away'
  resting=1
  compose limited $((grace + 5)) "$alloc" stop -t "$grace" worker || say 'they did not stop in order'
}

# Attach again, to the workers too, which starts them. What was attached is killed and not told to end, which would stop the gate.
wake() {
  say "$1: the workers start"
  resting=
  judged_from=$((SECONDS + WAKE_SECONDS))
  kill -KILL -- "-$up" 2>/dev/null
  await "$up" 2>/dev/null
  start_up
}

# Do as the fleet wishes.
obey() {
  case "$(wish)" in
    rest) if [ -z "$resting" ] || [ -n "$(live worker)" ]; then rest; fi ;;
    work) if [ -n "$resting" ]; then wake 'the drain is over'; fi ;;
  esac
}

# The gate first, where it has somebody to ask: a node that is drained must not begin with work.
begin() {
  local said runs_since='' answers_since=''
  if [ -z "${DATABASE_URL_FILE:-}" ] || [ -z "${WORKER_POOL:-}" ]; then
    start_up
    return 0
  fi
  resting=1
  start_up
  while [ -z "$asked" ] && kill -0 "$up" 2>/dev/null; do
    said=$(wish)
    case "$said" in
      rest) say 'the node is drained: no worker starts' && return 0 ;;
      work) break ;;
      unknown) answers_since=${answers_since:-$SECONDS} ;;
      # An image may be on its way for minutes: only one that runs is late.
      *) [ -n "$runs_since" ] || [ -z "$(live gate)" ] || runs_since=$SECONDS ;;
    esac
    [ -z "$answers_since" ] || [ $((SECONDS - answers_since)) -lt "$PATIENCE_SECONDS" ] || break
    [ -z "$runs_since" ] || [ $((SECONDS - runs_since)) -lt "$ANSWER_SECONDS" ] || break
    sleep 0.3
  done
  # One that ended by itself is for whoever looks after them.
  [ -n "$asked" ] || ! kill -0 "$up" 2>/dev/null || wake 'no drain is known'
}
