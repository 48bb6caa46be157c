#!/usr/bin/env bash
# What start.sh does at its end, once more: Nomad runs this when the main task is dead, also when it was killed.
# NOMAD_ALLOC_ID and WORKERS_STOP_MS as for start.sh. Exit code: 0 = nothing of the allocation is left; 1 = something is.
set -u
# shellcheck source-path=SCRIPTDIR source=containers.sh
. "$(dirname "${BASH_SOURCE[0]}")/containers.sh"

alloc=${NOMAD_ALLOC_ID:-}
if [ -z "$alloc" ]; then
  say 'NOMAD_ALLOC_ID is needed: containers are found by it'
  exit 78
fi
left=$(containers_of "$alloc") || {
  say 'the docker engine does not answer'
  exit 1
}
[ -n "$left" ] || exit 0
say 'containers are left and are ended now'
tear_down limited "$alloc" $(((${WORKERS_STOP_MS:-20000} + 999) / 1000))
