# Starting, stopping and asking an installed Muster, under systemd where it runs and without it. Sourced by install.sh.

READY_TIMEOUT_S=240

# A command of version $1, with nothing of the caller's environment, and without the lock that children would keep.
muster_of() {
  local version=$1
  shift
  env -i "PATH=$PATH" LANG=C.UTF-8 "$releases/$version/muster" "$@" 9>&-
}

settle_systemd() {
  if [ "$systemd" = auto ]; then
    systemd=no
    if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ]; then systemd=yes; fi
  fi
  if [ -n "$roles" ] && [ "$systemd" = no ]; then die 2 '--role needs systemd'; fi
}

# In the order in which they are started again: an older worker hands newer messages back, a newer one understands older.
instances() {
  local role
  [ -n "$roles" ] || { echo stack && return; }
  for role in worker api autoscaler; do case " $roles " in *" $role "*) echo "$role" ;; esac done
}

write_units() {
  [ "$systemd" = yes ] || return 0
  mkdir -p "$units"
  sed -e "s|@PREFIX@|$prefix|g" -e "s|@DATA@|$data|g" -e "s|@USER@|$user|g" \
    "$prefix/current/infra/bundle/muster@.service" >"$units/muster@.service.new"
  mv "$units/muster@.service.new" "$units/muster@.service"
  systemctl daemon-reload
}

remove_units() {
  [ "$systemd" = yes ] || return 0
  rm -f "$units/muster@.service"
  systemctl daemon-reload
}

is_running() {
  local one
  if [ "$systemd" = yes ]; then
    for one in $(instances); do if systemctl is-active --quiet "muster@$one"; then return 0; fi; done
    return 1
  fi
  muster_of "$(installed_version)" status --json 2>/dev/null | grep -qE '^  "pid": [0-9]'
}

setting() { sed -n -E "s/^(export )?$1=(.+)\$/\2/p" "$etc/muster.env" 2>/dev/null | tail -n 1; }

# Does instance $1 of the present version answer?
is_ready() {
  local port version
  version=$(installed_version)
  case $1 in
    stack) muster_of "$version" status >/dev/null 2>&1 && return || return ;;
    worker) port=$(setting NODE_ADMIN_PORT) && port=${port:-9480} ;;
    api) port=$(setting API_PORT) && port=${port:-8080} ;;
    autoscaler) port=$(setting AUTOSCALER_PORT) && port=${port:-8081} ;;
  esac
  "$releases/$version/node/bin/node" "$releases/$version/infra/docker/healthy.ts" "http://127.0.0.1:$port/readyz"
}

wait_ready() {
  local until_s=$((SECONDS + READY_TIMEOUT_S))
  until is_ready "$1"; do
    if [ "$SECONDS" -ge "$until_s" ] || systemctl is-failed --quiet "muster@$1"; then return 1; fi
    sleep 1
  done
}

# Three real checks with the sample pictures of the release. A machine that has just started everything may be slow at first.
try_out() {
  local samples=$prefix/current/test/fixtures
  [ -z "$roles" ] || return 0
  try_check face-match "$samples/person_a_2009.jpg" "$samples/person_a_2012.jpg" &&
    try_check liveness "$samples/person_a_2012.jpg" &&
    try_check ocr "$samples/passport_td3_eriksson_clean.png" &&
    say 'three checks with sample pictures went well'
}

try_check() { muster_of "$(installed_version)" check "$@" --timeout 60 >/dev/null; }

# Start what does not run; $1 is `start` or `restart`.
run_all() {
  local one
  if [ "$systemd" = yes ]; then
    for one in $(instances); do
      systemctl enable --quiet "muster@$one"
      systemctl "$1" "muster@$one"
      wait_ready "$one" || return 1
      say "$one is ready"
    done
  else
    muster_of "$(installed_version)" up --detach --no-check >/dev/null || return 1
  fi
  try_out
}

start_all() {
  if [ "$start" = no ]; then return 0; fi
  run_all start
}

# Whether it ran when an upgrade began must not be forgotten by one that is cut short.
note_running() {
  if [ "$start" = yes ] && is_running; then touch "$prefix/.was-running"; fi
  if [ "$start" = no ]; then rm -f "$prefix/.was-running"; fi
}

# What ran before runs again, now from the present version; $1 is the version whose processes are to end.
restart_all() {
  if [ ! -f "$prefix/.was-running" ]; then return 0; fi
  if [ "$systemd" = no ]; then
    say 'draining: what is in hand is finished'
    muster_of "$1" down || return 1
  fi
  run_all restart || return 1
  rm -f "$prefix/.was-running"
}

stop_all() {
  local one
  if [ "$systemd" = yes ]; then
    for one in $(instances); do systemctl disable --quiet --now "muster@$one" || true; done
  else
    muster_of "$(installed_version)" down || true
  fi
}

# Bring the database to version $1 while the present one works on: migrations only add. Private servers that do not run are
# brought up to date by the next start.
migrate_with() {
  if ! has_own_servers && ! is_running; then return 0; fi
  say "migrating to $1 while the present version works on"
  muster_of "$1" migrate
}

# Has migration $1, which takes something away, not been applied yet? Nobody to ask counts as no.
contract_waits() {
  muster_of "$(installed_version)" migrate --status --json 2>/dev/null |
    sed -n '/"contractsWaiting": \[/,/\]/p' | grep -qF "\"$1\""
}
