#!/bin/sh
# The command of an installed Muster: its own Node, its own user, data and settings outside of the release.
set -eu

root=$(dirname -- "$(readlink -f -- "$0")")
prefix=$(dirname -- "$(dirname -- "$root")")

if [ ! -f "$prefix/site.conf" ]; then
  echo 'muster: not installed: run install.sh of the bundle' >&2
  exit 3
fi
# data, etc, user: what install.sh settled.
. "$prefix/site.conf"

# A check reads pictures of whoever asks; everything else works on data that is the user's.
case ${1-} in
  check | bundle | -h | --help | --version) is_own=no ;;
  *) is_own=yes ;;
esac
if [ "$is_own" = yes ] && [ "$(id -u)" = 0 ] && [ "$user" != root ]; then
  exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups -- "$0" "$@"
fi
if [ "$(id -un)" = "$user" ]; then
  HOME=$data
  # Sources run as they are; what Node made of them is kept, which starts every command faster.
  NODE_COMPILE_CACHE=$data/cache/node
  export HOME NODE_COMPILE_CACHE
fi

settings=$etc/muster.env
if [ -z "${MODELS_DIR-}" ] && ! grep -qE '^(export )?MODELS_(DIR|SOURCE)=' "$settings" 2>/dev/null; then
  export MODELS_DIR="$root/models"
fi
PATH=$root/node/bin:$PATH
export PATH

# Node reads the settings itself: nothing in that file is run.
with_settings() {
  if [ -r "$settings" ]; then exec "$root/node/bin/node" --env-file="$settings" "$@"; fi
  exec "$root/node/bin/node" "$@"
}

if [ "${1-}" = run ]; then
  case ${2-} in
    stack) with_settings "$root/scripts/muster.ts" --dir "$data" up --no-check ;;
    worker) with_settings "$root/worker/node.ts" ;;
    api | autoscaler) with_settings "$root/$2/main.ts" ;;
  esac
  echo 'muster: run stack, worker, api or autoscaler' >&2
  exit 2
fi
with_settings "$root/scripts/muster.ts" --dir "$data" "$@"
