#!/bin/sh
# Random passwords for one installation, made once: a second start keeps them. Files are readable by the containers that
# mount this volume and by nobody else; nothing is passed in an environment variable or on a command line.
set -eu
dir=${1:?usage: make-secrets.sh <folder> [<folder for Grafana>] [<file with what a receiver of traces wants to see>]}
grafana=${2:-}
headers=${3:-}
umask 022

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# Apart from the others, so that an installation made before there were webhooks gets it too.
[ -f "$dir/webhook-secret-key" ] || head -c 32 /dev/urandom | base64 >"$dir/webhook-secret-key"
# Whoever signs in to Grafana. In a folder of its own: it sees no other secret.
[ -z "$grafana" ] || [ -f "$grafana/admin-password" ] || random >"$grafana/admin-password"
# The one secret that is given and not made. Copied whole or not at all: processes read it while it is replaced. What is no
# longer given is no longer kept.
if [ -n "$headers" ] && [ -s "$headers" ]; then
  cat "$headers" >"$dir/otlp-headers.new"
  mv "$dir/otlp-headers.new" "$dir/otlp-headers"
else
  rm -f "$dir/otlp-headers"
fi
# What lets the autoscaler change how many workers a node runs.
[ -f "$dir/node-admin-token" ] || random >"$dir/node-admin-token"
# An installation from before pictures were sealed gets it too. Whoever loses it loses every stored picture.
if [ ! -f "$dir/encryption-keys" ]; then
  printf 'first:%s\n' "$(head -c 32 /dev/urandom | base64)" >"$dir/encryption-keys.new"
  mv "$dir/encryption-keys.new" "$dir/encryption-keys"
fi

[ -f "$dir/complete" ] && exit 0
postgres=$(random) rabbitmq=$(random) redis=$(random)

printf '%s' "$postgres" >"$dir/postgres-password"
printf 'postgres://muster:%s@postgres:5432/muster' "$postgres" >"$dir/database-url"

mkdir -p "$dir/rabbitmq.d"
printf '%s\n' 'log.console = true' 'log.console.level = warning' 'loopback_users = none' \
  'disk_free_limit.absolute = 2GB' 'default_user = muster' "default_pass = $rabbitmq" >"$dir/rabbitmq.d/muster.conf"
printf 'amqp://muster:%s@rabbitmq:5672' "$rabbitmq" >"$dir/rabbitmq-url"

# A cache: nothing is written to disk, the oldest entries go first.
printf '%s\n' "requirepass $redis" 'save ""' 'appendonly no' 'maxmemory 512mb' 'maxmemory-policy allkeys-lru' \
  >"$dir/redis.conf"
printf 'redis://:%s@redis:6379' "$redis" >"$dir/redis-url"

random >"$dir/upload-secret"
: >"$dir/complete"
