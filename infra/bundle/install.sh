#!/bin/bash
# Installs Muster from the bundle this file lies in, brings an installation to this version, takes it back, or removes it.
# Nothing is changed before every file of the bundle has been found to be the one its vendor signed. Needs nothing but what
# a minimal Debian 12 has. `--help` says how; docs/airgapped.md says why.
set -euo pipefail
umask 022
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

usage() {
  cat <<'TEXT'
Usage: install.sh --key vendor.pub            verify everything, install, start
       install.sh --upgrade [--key FILE]      bring an installation to this bundle's version
       install.sh --rollback                  back to the version before; data stays
       install.sh --uninstall [--purge]       remove the programs; with --purge data, keys and settings too
       install.sh --verify --key FILE         only verify

Whom to trust:
  --key FILE               the vendor's public key, which came to you another way than this bundle; checked with openssl
  --manifest-sha256 HEX    SHA-256 of MANIFEST.json, from where its signature was checked; for machines without openssl
Where, at the first installation (remembered):
  --prefix DIR   programs (/opt/muster)          --data DIR   data (/var/lib/muster)
  --etc DIR      settings (/etc/muster)          --user NAME  who runs it (muster; made where it does not exist)
  --env FILE     settings to begin with, for example addresses of servers of your own
  --role ROLE    worker, api or autoscaler: only these run here, under systemd; the whole stack unless told
Also:
  --no-start     do not start, stop or restart anything     --no-systemd   run without it even where it is there

Exit codes: 0 done, 1 failed and taken back, 2 usage, 3 nothing installed, 4 refused, 5 this machine lacks something.
TEXT
}

say() { printf 'muster: %s\n' "$1" >&2; }

# The exit code, then what is wrong.
die() {
  say "$2"
  exit "$1"
}

refuse() { die 4 "refused: $1. Nothing was changed."; }

here=$(dirname "$(readlink -f "$0")")
action=install key='' manifest_sha256='' prefix='' data=/var/lib/muster etc=/etc/muster user=muster env_file=''
roles='' start=yes systemd=auto units=/etc/systemd/system purge=no
parts=(servers service apply)

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --upgrade | --rollback | --uninstall | --verify) action=${1#--} ;;
      --purge) purge=yes ;;
      --no-start) start=no ;;
      --systemd) systemd=yes ;;
      --no-systemd) systemd=no ;;
      --help | -h) usage && exit 0 ;;
      --key | --manifest-sha256 | --prefix | --data | --etc | --user | --env | --role | --units)
        [ $# -ge 2 ] || die 2 "$1 needs a value (--help)"
        case $1 in
          --role) roles="${roles:+$roles }$2" ;;
          --env) env_file=$2 ;;
          --manifest-sha256) manifest_sha256=${2,,} ;;
          *) printf -v "${1#--}" %s "$2" ;;
        esac
        shift
        ;;
      *) die 2 "there is no option $1 (--help)" ;;
    esac
    shift
  done
}

# An installed version knows where it lies, so that none but itself goes back or away.
settle_prefix() {
  if [ -n "$prefix" ]; then return; fi
  case $here in */releases/*) prefix=${here%/releases/*} ;; *) prefix=/opt/muster ;; esac
}

check_options() {
  local place role
  for place in "$prefix" "$data" "$etc" "$units"; do
    [[ $place =~ ^(/[A-Za-z0-9_][A-Za-z0-9._-]*)+$ ]] ||
      die 2 "a folder must be an absolute path of plain letters, without spaces: $place"
  done
  [[ $user =~ ^[a-z_][a-z0-9_-]*$ ]] || die 2 "this cannot be the name of a user: $user"
  for role in $roles; do [[ $role =~ ^(worker|api|autoscaler)$ ]] || die 2 "there is no role $role (--help)"; done
  [ "$purge" = no ] || [ "$action" = uninstall ] || die 2 '--purge goes with --uninstall'
  [ -z "$env_file" ] || [ -f "$env_file" ] || die 2 "there is no file $env_file"
}

# Beside what is looked at, so that a look leaves no trace there.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Is the manifest in folder $1 the vendor's? It is copied first: what is believed is what was looked at.
verify_trust() {
  local file
  for file in MANIFEST.json MANIFEST.sig; do
    if [ -L "$1/$file" ] || [ ! -f "$1/$file" ]; then refuse "$file is missing"; fi
  done
  cp "$1/MANIFEST.json" "$1/MANIFEST.sig" "$work"
  [ -n "$key$manifest_sha256" ] ||
    die 2 'say whom to trust: --key vendor.pub, or --manifest-sha256 HEX where there is no openssl (--help)'
  if [ -n "$manifest_sha256" ]; then
    [ "$(sha256sum <"$work/MANIFEST.json" | cut -c 1-64)" = "$manifest_sha256" ] || refuse 'MANIFEST.json has another SHA-256'
  fi
  [ -n "$key" ] || return 0
  [ -f "$key" ] || die 2 "there is no file $key"
  if ! command -v openssl >/dev/null; then
    [ -n "$manifest_sha256" ] && return 0
    die 5 "there is no openssl here to check the signature with. On a machine that has it:
  openssl pkeyutl -verify -pubin -inkey vendor.pub -rawin -in MANIFEST.json -sigfile MANIFEST.sig && sha256sum MANIFEST.json
and here: install.sh --manifest-sha256 <what it printed>"
  fi
  openssl pkey -pubin -in "$key" -noout -text 2>/dev/null | grep -qi '^ED25519 Public-Key' || die 2 "this is no public Ed25519 key: $key"
  openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$work/MANIFEST.json" -sigfile "$work/MANIFEST.sig" >/dev/null 2>&1 ||
    refuse 'the signature is not of this manifest and this key'
}

fact() { sed -n -E "s/^  \"$2\": \"?([^\",]*)\"?,\$/\1/p" "$1/MANIFEST.json" | head -n 1; }

# The lines of the manifest in folder $1, as `sha256sum --check` wants them, into $work/sums; modes of 755 into $work/programs.
read_manifest() {
  local line='^    \{"path":"([^"]+)","mode":"(644|755)","size":[0-9]+,"sha256":"([0-9a-f]{64})"\},?$'
  sed -n -E "s#$line#\3  \1#p" "$1/MANIFEST.json" >"$work/sums"
  sed -n -E "s#$line#\2 \1#p" "$1/MANIFEST.json" | sed -n 's/^755 //p' >"$work/programs"
  [ "$(wc -l <"$work/sums")" = "$(fact "$1" fileCount)" ] || refuse 'the manifest cannot be read'
  ! cut -c 67- "$work/sums" | grep -qE '^/|//|/$|(^|/)[.-]|[^A-Za-z0-9@_.+~/-]' || refuse 'the manifest names a file outside'
}

# Is every file under folder $1 the one that $work/sums names, and is there no other?
verify_files() {
  local odd
  odd=$(cd "$1" && find . ! -type f ! -type d -print -quit)
  [ -z "$odd" ] || refuse "${odd@Q} is no plain file"
  odd=$(cd "$1" && find . -type d -empty -print -quit)
  [ -z "$odd" ] || refuse "${odd@Q} is an empty folder"
  { cut -c 67- "$work/sums" && printf '%s\n' MANIFEST.json MANIFEST.sig; } | sort >"$work/expected"
  (cd "$1" && find . -type f -printf '%P\n') | sort >"$work/found"
  odd=$(comm -13 "$work/expected" "$work/found" | head -n 1)
  [ -z "$odd" ] || refuse "${odd@Q} is not in the manifest"
  odd=$(comm -23 "$work/expected" "$work/found" | head -n 1)
  [ -z "$odd" ] || refuse "$odd is missing"
  # A check that could not be made has nothing to say, and counts as failed.
  if ! (cd "$1" && sha256sum --check --strict --quiet "$work/sums") >"$work/odd" 2>/dev/null; then
    odd=$(head -n 1 "$work/odd")
    [ -z "$odd" ] || refuse "${odd%%: *} has been changed"
    refuse 'the files could not be checked'
  fi
}

# A release has no `debian` beside it any more, and its folder is the bundle's `release`.
verify_release() {
  [ -f "$1/MANIFEST.json" ] || return 1
  (
    read_manifest "$1"
    sed -n -E 's|^([0-9a-f]{64}  )release/|\1|p' "$work/sums" >"$work/release" && mv "$work/release" "$work/sums"
    verify_files "$1"
  )
}

verify_bundle() {
  verify_trust "$1"
  read_manifest "$work"
  verify_files "$1"
}

# The folder may belong to somebody who changes it meanwhile: what runs from here on is a copy, and the one that was signed.
take_steps() {
  local part
  steps=$work/steps
  mkdir "$steps"
  for part in "${parts[@]}"; do
    cp "$here/release/infra/bundle/$part.sh" "$steps"
    grep -E "  release/infra/bundle/$part\.sh$" "$work/sums" | sed 's|  release/infra/bundle/|  |' >"$work/part"
    (cd "$steps" && sha256sum --check --strict --status "$work/part") || refuse "$part.sh changed while it was looked at"
  done
}

main() {
  read_options "$@"
  settle_prefix
  check_options
  case $action in
    install | upgrade | verify)
      [ -d "$here/release" ] || die 2 'this install.sh belongs to an installed version: run the one in the unpacked bundle'
      say "verifying $(wc -l <"$here/MANIFEST.json" 2>/dev/null || echo 0) entries"
      # An installation knows whom it trusted; another key must be named.
      if [ "$action" = upgrade ] && [ -z "$key$manifest_sha256" ] && [ -f "$prefix/vendor.pub" ]; then key=$prefix/vendor.pub; fi
      verify_bundle "$here"
      say "every file is the one that was signed: Muster $(fact "$here" version), commit $(fact "$here" commit | cut -c 1-12)"
      if [ "$action" = verify ]; then exit 0; fi
      take_steps
      ;;
    *) steps=$here/infra/bundle ;;
  esac
  for part in "${parts[@]}"; do
    # shellcheck source=/dev/null
    . "$steps/$part.sh"
  done
  "apply_$action"
}

main "$@"
exit
