#!/bin/sh
# Refuse settings that Docker Compose cannot use, or with which it would leave something out. Called by up.sh and
# doctor.sh before all other commands of Compose, which would repeat its message without the name of the setting.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
fail() {
  echo "Bobbin: $*" >&2
  exit 1
}
setting() { # NAME: of the shell or of .env
  eval "given=\${$1:-}"
  # shellcheck disable=SC2154  # set by eval
  printf '%s\n' "${given:-$(folder_setting "$1" "")}"
}

for name in PUBLISH PUBLISH_GRAFANA PUBLISH_ALERTMANAGER PUBLISH_HTTP PUBLISH_HTTPS; do
  value=$(setting "$name")
  # A port, or an address and a port: IPv6 has brackets.
  printf '%s\n' "$value" | grep -Eq '^(((([0-9]+\.){3}[0-9]+|\[[0-9a-fA-F:]+\]):)?[0-9]{1,5})?$' ||
    fail "$name=$value is not a port or an address of this machine with a port, such as 127.0.0.1:8000."
done
domain=$(setting DOMAIN)
case $domain in
  *[!a-zA-Z0-9.-]*) fail "DOMAIN=$domain is not a host name. Write it without scheme, port and path, such as DOMAIN=messages.example.org." ;;
esac
for name in BACKUP_KEEP BACKUP_SECONDS; do
  value=$(setting "$name")
  case $value in
    0* | *[!0-9]*) fail "$name=$value is not a whole number from 1." ;;
  esac
done
for name in WEB_MEMORY POSTGRES_MEMORY; do
  value=$(setting "$name")
  printf '%s\n' "${value:-1g}" | awk '{
      factor = 1
      if (/[kK][bB]?$/) factor = 2 ^ 10
      if (/[mM][bB]?$/) factor = 2 ^ 20
      if (/[gG][bB]?$/) factor = 2 ^ 30
      exit !(/^[0-9]+(\.[0-9]+)?[bBkKmMgG]?[bB]?$/ && $0 * factor >= 2 ^ 27)
    }' || fail "$name=$value is not a size of at least 128 MB. Write it with a unit, such as $name=1g."
done
said=$(docker compose config --quiet 2>&1) ||
  fail "Docker Compose refuses the settings: $(printf '%s\n' "$said" | tail -n 1)"
set -f # COMPOSE_PROFILES may be *.
# Compose ignores a profile that no service has.
profiles=$(docker compose config --profiles)
for name in $(setting COMPOSE_PROFILES | tr ',' ' '); do
  [ "$name" = "*" ] || printf '%s\n' "$profiles" | grep -qx -e "$name" ||
    fail "COMPOSE_PROFILES has $name, which is no profile. There are: $(printf '%s\n' "$profiles" | paste -sd ' ')"
done
