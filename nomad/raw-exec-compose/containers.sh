# shellcheck shell=bash
# What start.sh, teardown.sh and reap.sh share: how docker is called, and how the containers of an allocation are ended.

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

# By what this script was told to stop first. Scripts that are never told leave it empty.
asked=

say() { printf 'muster: %s\n' "$*" >&2; }

# Wait for a child to its end, however many signals come meanwhile; the answer is its own exit code. Not by `wait` alone: bash
# 5.2 forgets a child that ends in the very moment in which a signal breaks its `wait` off, and the next `wait` for it never
# returns. Signals are handled between two short sleeps instead, and `wait` only asks for a code that is there.
await() {
  while kill -0 "$1" 2>/dev/null; do sleep 0.1; done
  wait "$1"
}

# A call that ends, after $1 seconds at the latest: an engine that hangs must not hold up a stop. In the background, because
# bash runs traps only between foreground commands.
limited() {
  local seconds=$1
  shift
  timeout -k 2 "$seconds" "$@" &
  await $!
}

# The same, given up at once when this script is told to stop. What the engine has begun it finishes all the same.
unless_asked() {
  local seconds=$1 child
  shift
  [ -z "$asked" ] || return 143
  timeout -k 2 "$seconds" "$@" &
  child=$!
  while kill -0 "$child" 2>/dev/null && [ -z "$asked" ]; do sleep 0.1; done
  [ -z "$asked" ] || kill "$child" 2>/dev/null
  await "$child"
  local code=$?
  [ -z "$asked" ] || return 143
  return "$code"
}

# Answers of docker that take a moment: no waiting in the background.
ask() { timeout -k 1 5 docker "$@" 2>/dev/null; }

# Compose on the project of an allocation: its name is in small letters, which an allocation's id is.
# $1 = `limited` or `unless_asked`, $2 = seconds, $3 = allocation, then what compose is to do.
compose() {
  local how=$1 seconds=$2 alloc=$3
  shift 3
  "$how" "$seconds" docker compose -p "muster-$alloc" -f "$here/compose.yaml" "$@"
}

# The containers of an allocation, those that have ended too. $2...: more for `docker ps`.
containers_of() {
  local alloc=$1
  shift
  ask ps -aq --filter "label=muster.alloc=$alloc" "$@"
}

# End an allocation's containers in order and leave nothing of it. $1 = `limited` or `unless_asked`, $2 = allocation,
# $3 = seconds that they have to finish what they hold.
tear_down() {
  local how=$1 alloc=$2 grace=$3 left
  compose "$how" $((grace + 5)) "$alloc" down --remove-orphans -t "$grace" || say "compose down did not end well"
  # What compose does not know any more, or had no time for.
  left=$(containers_of "$alloc") || return 1
  [ -z "$left" ] && return 0
  # shellcheck disable=SC2086
  "$how" 10 docker rm -f $left >/dev/null || return 1
  left=$(containers_of "$alloc") && [ -z "$left" ]
}
