# The private servers' packages, out of the bundle. Sourced by install.sh.

# Of release $2, which lies there already, only the packages are needed again; the copy is verified like every other,
# against the manifest that only root can change.
keep_packages() {
  [ -d "$here/debian" ] || return 0
  mkdir -p "$1"
  cp -R "$here/debian" "$1/debian"
  read_manifest "$2"
  sed -n '/  debian\//p' "$work/sums" >"$work/packages"
  (cd "$1" && sha256sum --check --strict --status "$work/packages") || refuse 'a package changed while it was copied'
}

# Packages ask this file before they start a service. @source Debian, invoke-rc.d(8)
without_services() {
  local policy=/usr/sbin/policy-rc.d code=0
  # A policy of the machine's own decides here too.
  if [ -e "$policy" ] && ! grep -q 'Written by Muster' "$policy"; then
    "$@"
    return
  fi
  printf '#!/bin/sh\n# Written by Muster while it installs packages; remove it if it was left behind.\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  "$@" || code=$?
  rm -f "$policy"
  return "$code"
}

# An installation that was killed in the middle has left it, and no later package would start its services.
remove_left_policy() {
  local policy=/usr/sbin/policy-rc.d
  if grep -qs 'Written by Muster' "$policy"; then rm -f "$policy"; fi
}

# From folder $1 and nowhere else; no list of this machine's own apt is touched.
apt_install() {
  local from=$1 apt=$prefix/.incoming/apt options
  shift
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  printf 'deb [trusted=yes] file:%s ./\n' "$from" >"$apt/sources.list"
  options=(-q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$apt/lists"
    -o "Dir::Cache=$apt" -o "Dir::Cache::archives=$apt/archives" -o APT::Sandbox::User=root -o Acquire::Languages=none
    -o DPkg::Lock::Timeout=300)
  export DEBIAN_FRONTEND=noninteractive
  apt-get "${options[@]}" update && apt-get "${options[@]}" install -y --no-install-recommends "$@"
}

has_own_servers() {
  local name
  for name in DATABASE_URL RABBITMQ_URL REDIS_URL; do
    grep -qE "^(export )?${name}(_FILE)?=." "$etc/muster.env" 2>/dev/null || return 1
  done
}

is_package_there() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# apt decides what is missing here: nothing this machine has newer goes back, and no server is started or enabled.
install_servers() {
  local from=$prefix/.incoming/debian missing=() name
  remove_left_policy
  if has_own_servers; then return; fi
  for name in postgresql rabbitmq-server redis-server; do is_package_there "$name" || missing+=("$name"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ -f "$from/Packages" ] || {
    say "not installed and not in this bundle: ${missing[*]}. Install them, or name servers of yours in $etc/muster.env"
    return
  }
  [ "$(id -u)" = 0 ] || die 4 "only root may install ${missing[*]}"
  say "installing ${missing[*]} from the bundle"
  without_services apt_install "$from" "${missing[@]}" >"$prefix/packages.log" 2>&1 9>&- ||
    die 5 "apt-get failed; the whole story is in $prefix/packages.log"
  # Muster runs servers of its own: those of the packages would only take ports after the next boot.
  if command -v systemctl >/dev/null; then systemctl disable "${missing[@]}" >>"$prefix/packages.log" 2>&1 || true; fi
}
