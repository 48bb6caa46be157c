#!/usr/bin/env bash
# Ends containers whose allocation is gone: what start.sh and teardown.sh have missed, because Nomad's client or the machine
# was killed. For every node, now and then.
#
#   reap.sh               asks Nomad at NOMAD_ADDR (the client on this node unless told), with NOMAD_TOKEN where it needs one
#   reap.sh --live FILE   an allocation is alive when FILE has its id on a line of its own; - reads standard input. A list
#                         without a line is one that could not be made
#
# What it cannot be sure of it leaves alone. Exit code: 0 = nothing is left that should not be; 1 = something is, or may be.
set -u
# shellcheck source-path=SCRIPTDIR source=containers.sh
. "$(dirname "${BASH_SOURCE[0]}")/containers.sh"

if [ "${1:-}" = --live ]; then
  [ -n "${2:-}" ] || { say 'usage: reap.sh [--live FILE]'; exit 64; }
elif [ "$#" -gt 0 ]; then
  say 'usage: reap.sh [--live FILE]'
  exit 64
fi
by_list=${1:-}

# alive, gone, or unknown. The token goes through standard input: arguments can be read by everybody.
state_of() {
  if [ -n "$by_list" ]; then
    if grep -qxF -- "$1" <<<"$live"; then echo alive; else echo gone; fi
    return
  fi
  local answer status
  answer=$(
    { [ -z "${NOMAD_TOKEN:-}" ] || printf 'header = "X-Nomad-Token: %s"\n' "$NOMAD_TOKEN"; } |
      curl -sS --max-time 5 -K - -w '\n%{http_code}' "${NOMAD_ADDR:-http://127.0.0.1:4646}/v1/allocation/$1" 2>/dev/null
  )
  case "${answer##*$'\n'}" in
    # In Nomad's own words: whatever else answers at that address knows no allocation either.
    404)
      if [[ $answer = *'alloc not found'* ]]; then echo gone; else echo unknown; fi
      return
      ;;
    200) ;;
    *) echo unknown && return ;;
  esac
  status=$(grep -o '"ClientStatus":"[a-z]*"' <<<"$answer" | head -n 1)
  case "$status" in
    *'"complete"' | *'"failed"' | *'"lost"') echo gone ;;
    *'"pending"' | *'"running"') echo alive ;;
    # A client that was cut off has the status `unknown`: its workers go on.
    *) echo unknown ;;
  esac
}

all=$(ask ps -a --filter label=muster.alloc --format '{{.Label "muster.alloc"}}') || {
  say 'the docker engine does not answer'
  exit 1
}
# After the containers: one that was made meanwhile is not among them.
live=
if [ -n "$by_list" ]; then
  live=$(cat -- "$2") || exit 64
  [ -n "$live" ] || { say 'left alone, the list is empty'; exit 1; }
fi
code=0
while read -r alloc; do
  [ -n "$alloc" ] || continue
  # Only what looks like an id: it becomes part of a URL.
  if [[ ! $alloc =~ ^[0-9a-f-]{36}$ ]]; then
    say "left alone, this is no allocation: $alloc"
    code=1
    continue
  fi
  case "$(state_of "$alloc")" in
    alive) ;;
    gone)
      say "allocation $alloc is gone, its containers are ended"
      tear_down limited "$alloc" $(((${WORKERS_STOP_MS:-20000} + 999) / 1000)) || code=1
      ;;
    *)
      say "left alone, nobody says whether it lives: $alloc"
      code=1
      ;;
  esac
done < <(sort -u <<<"$all")
exit "$code"
