# What install.sh does once everything has been verified: files, links, users, Debian's packages. Sourced by it; each step
# may be done twice, so a run that was cut short is simply run again.

releases=$prefix/releases
site=$prefix/site.conf

installed_version() { basename "$(readlink "$prefix/${1:-current}" 2>/dev/null)" 2>/dev/null; }

# Where things are was settled by the first installation.
read_site() {
  [ -f "$site" ] || die 3 "there is no Muster under $prefix"
  # shellcheck source=/dev/null
  . "$site"
}

check_rights() {
  [ "$(id -u)" = 0 ] || [ "$user" = "$(id -un)" ] || die 4 "run it as root, or with --user $(id -un) and folders of your own"
}

take_turn() {
  mkdir -p "$prefix"
  exec 9>"$prefix/.lock"
  flock -n 9 || die 5 "another install.sh is at work under $prefix"
  rm -rf "$prefix/.incoming" "$prefix/.replaced"
}

check_machine() {
  local wanted here_is free needed place=$prefix
  wanted=$(fact "$here" platform)
  case $(uname -sm) in 'Linux x86_64') here_is=linux-x64 ;; 'Linux aarch64') here_is=linux-arm64 ;; *) here_is=$(uname -sm) ;; esac
  [ "$wanted" = "$here_is" ] || die 5 "this bundle is for $wanted, and this machine is $here_is"
  while [ ! -d "$place" ]; do place=$(dirname "$place"); done
  free=$(df -Pk "$place" | awk 'NR == 2 { print $4 }')
  # Once as it arrives, once as it is kept, and room to work in.
  needed=$(($(fact "$here" byteCount) / 1024 * 2 + 1024 * 1024))
  [ "$free" -ge "$needed" ] || die 5 "$place has $((free / 1024)) MB free, and $((needed / 1024)) MB are needed"
}

# The bundle's folder may belong to somebody who can still change it: what is kept is a copy, and the copy is verified.
place_release() {
  local version=$1 incoming=$prefix/.incoming
  if cmp -s "$here/MANIFEST.json" "$releases/$version/MANIFEST.json" && (verify_release "$releases/$version") 2>/dev/null; then
    say "$version lies there already, whole"
    keep_packages "$incoming" "$releases/$version"
    return
  fi
  say "copying to $releases/$version"
  cp -R "$here" "$incoming"
  find "$incoming" -type d -exec chmod 755 {} +
  find "$incoming" -type f -exec chmod 644 {} +
  verify_bundle "$incoming"
  [ "$(fact "$incoming" version)" = "$version" ] || refuse 'the bundle is another one than it was'
  (cd "$incoming" && xargs -r chmod 755 <"$work/programs")
  cp "$incoming/MANIFEST.json" "$incoming/MANIFEST.sig" "$incoming/release"
  mkdir -p "$releases"
  if [ -e "$releases/$version" ]; then mv "$releases/$version" "$prefix/.replaced"; fi
  mv "$incoming/release" "$releases/$version"
  rm -rf "$prefix/.replaced"
}

make_user() {
  if [ "$(id -u)" != 0 ] || id "$user" >/dev/null 2>&1; then return; fi
  useradd --system --user-group --home-dir "$data" --no-create-home --shell /usr/sbin/nologin "$user"
}

make_site() {
  mkdir -p "$data" "$etc"
  touch "$data/.muster-data"
  if [ -n "$env_file" ]; then cp "$env_file" "$etc/muster.env"; fi
  [ -f "$etc/muster.env" ] || cp "$releases/$1/infra/bundle/settings.env" "$etc/muster.env"
  if [ "$(id -u)" = 0 ]; then
    chown "$user:" "$data" && chown "$user:" "$data/.muster-data"
    chown "root:$(id -gn "$user")" "$etc" "$etc/muster.env"
  fi
  # Root's PostgreSQL runs as another user, who must pass through.
  if [ "$user" = root ]; then chmod 711 "$data"; else chmod 700 "$data"; fi
  chmod 750 "$etc"
  chmod 640 "$etc/muster.env"
  if [ -n "$key" ] && ! cmp -s "$key" "$prefix/vendor.pub"; then cp "$key" "$prefix/vendor.pub"; fi
  {
    printf '# Written by install.sh.\n'
    printf '%s=%q\n' data "$data" etc "$etc" user "$user" roles "$roles" systemd "$systemd" units "$units"
  } >"$site.new"
  mv "$site.new" "$site"
}

# A link is replaced in one step: whoever looks finds the one version or the other.
point() {
  ln -sfn "releases/$2" "$prefix/$1.new"
  mv -T "$prefix/$1.new" "$prefix/$1"
}

# $1 becomes the present version, and the one it replaces the way back.
switch_to() {
  local before
  before=$(installed_version)
  if [ "$before" = "$1" ]; then return; fi
  if [ -n "$before" ]; then point previous "$before"; fi
  point current "$1"
}

apply_install() {
  local version before
  version=$(fact "$here" version)
  check_rights
  check_machine
  before=$(installed_version || true)
  if [ -n "$before" ] && [ "$before" != "$version" ]; then die 2 "$before is installed under $prefix: use --upgrade"; fi
  [ ! -f "$site" ] || read_site
  take_turn
  settle_systemd
  place_release "$version"
  make_user
  make_site "$version"
  install_servers
  switch_to "$version"
  rm -rf "$prefix/.incoming"
  write_units
  start_all || die 5 "$version is installed and did not start: $prefix/current/muster logs"
  say "Muster $version is installed. $prefix/current/muster --help"
}

apply_upgrade() {
  local version before before_that
  version=$(fact "$here" version)
  before=$(installed_version || true)
  [ -n "$before" ] || die 3 "there is no Muster under $prefix: leave --upgrade away"
  read_site
  check_rights
  check_machine
  # What leads up to a version (1.2.0-rc.1) comes before it: `sort` knows that of a tilde.
  [ "$(printf '%s\n' "$before" "$version" | tr - '~' | sort -V | tail -n 1 | tr '~' -)" = "$version" ] ||
    die 2 "$version is older than $before, which is installed: --rollback goes back to the version before"
  take_turn
  note_running
  place_release "$version"
  make_site "$version"
  install_servers
  rm -rf "$prefix/.incoming"
  migrate_with "$version" || die 5 "the migrations of $version failed, and $before goes on as it was"
  before_that=$(installed_version previous || true)
  switch_to "$version"
  write_units
  if restart_all "$before"; then
    say "Muster is now $version; $prefix/current/install.sh --rollback goes back to $(installed_version previous)"
    forget_old
    return
  fi
  say "$version did not come up: going back to $before"
  point current "$before"
  if [ -n "$before_that" ]; then point previous "$before_that"; else rm -f "$prefix/previous"; fi
  restart_all "$version" || die 5 "and $before did not come up either: $prefix/current/muster logs"
  die 1 "$version was taken back, $before runs"
}

# The present version and the one before stay; what is older goes.
forget_old() {
  local one
  for one in "$releases"/*; do
    case $(basename "$one") in "$(installed_version)" | "$(installed_version previous)") ;; *) rm -rf "$one" ;; esac
  done
}

# Migrations only add, so the version before runs on the database as it is; one that took something away it cannot know.
check_way_back() {
  local now=$releases/$1/infra/postgres/migrations then=$releases/$2/infra/postgres/migrations file
  for file in "$now"/*.sql; do
    if [ -e "$then/$(basename "$file")" ] || ! grep -qE '^-- contract:' "$file"; then continue; fi
    contract_waits "$(basename "$file")" ||
      die 4 "refused: $(basename "$file") took away what $2 needs (or nobody could say). Go forward instead. Nothing was changed."
  done
}

apply_rollback() {
  local now then
  read_site
  check_rights
  now=$(installed_version)
  then=$(installed_version previous || true)
  if [ -z "$then" ] || [ ! -d "$releases/$then" ]; then die 3 'there is no version before this one'; fi
  (verify_release "$releases/$then") || die 4 "$then is not whole any more: upgrade from its bundle instead"
  check_way_back "$now" "$then"
  take_turn
  note_running
  switch_to "$then"
  write_units
  restart_all "$now" || die 5 "$then did not come up: $prefix/current/muster logs"
  say "Muster is $then again; $now stays for the way forward ($prefix/current/install.sh --rollback)"
}

apply_uninstall() {
  read_site
  check_rights
  take_turn
  stop_all
  # Nothing is taken away under processes that still use it.
  if is_running; then die 5 'it does not stop; nothing was removed'; fi
  remove_units
  rm -rf "$releases" "$prefix/.incoming"
  rm -f "$prefix/current" "$prefix/previous" "$prefix/vendor.pub" "$prefix/packages.log" "$site" "$prefix/.lock" "$prefix/.was-running"
  rmdir "$prefix" 2>/dev/null || true
  if [ "$purge" = yes ]; then
    [ -f "$data/.muster-data" ] || die 1 "$data was not made by install.sh and stays"
    rm -rf "$data" "$etc/muster.env"
    rmdir "$etc" 2>/dev/null || true
    say 'programs, data, keys and settings are gone'
  else
    say "the programs are gone; data and keys stay in $data, settings in $etc"
  fi
}
