#!/bin/sh
# Refuse settings of notifications with which no alert would arrive. Called by doctor.sh.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh

setting() { # NAME: of the shell or of .env
  eval "given=\${$1:-}"
  # shellcheck disable=SC2154  # set by eval
  [ -z "$given" ] || { printf '%s\n' "$given" && return; }
  folder_setting "$1" ""
}
fail() {
  echo "$*" >&2
  exit 1
}

to=$(setting ALERT_EMAIL_TO)
host=$(setting ALERT_SMTP_HOST)
user=$(setting ALERT_SMTP_USER)
password=$BOBBIN_SECRETS/alert_smtp_password

[ -z "$to" ] || [ -n "$host" ] || fail "ALERT_EMAIL_TO needs ALERT_SMTP_HOST, such as mail.example.org:587."
[ -z "$host" ] || [ -n "$to" ] || fail "ALERT_SMTP_HOST is set, but not ALERT_EMAIL_TO, so no mail is sent."
for address in $(printf '%s' "$to,$(setting ALERT_EMAIL_FROM)" | tr ',' ' '); do
  case $address in
    ?*@?*) ;;
    *) fail "ALERT_EMAIL_TO and ALERT_EMAIL_FROM are mail addresses, and $address is none." ;;
  esac
done
case $host in
  "") ;;
  :*) fail "ALERT_SMTP_HOST=$host has no host. Write host and port, such as mail.example.org$host." ;;
  *:*[!0-9]* | *:) fail "ALERT_SMTP_HOST=$host has no valid port. Write host and port, such as ${host%:*}:587." ;;
  *:*) ;;
  *) fail "ALERT_SMTP_HOST=$host has no port. Write host and port, such as $host:587." ;;
esac
case $(setting ALERT_SMTP_TLS) in
  "" | true | false) ;;
  *) fail "ALERT_SMTP_TLS is true or false." ;;
esac
[ -z "$user" ] || [ -s "$password" ] || fail "ALERT_SMTP_USER needs a password: write it to $password."
[ -n "$user" ] || [ ! -s "$password" ] || fail "$password has a password, but ALERT_SMTP_USER is not set."
for name in ALERT_WEBHOOK_URL ALERT_WATCHDOG_URL PROBE_URL; do
  value=$(setting "$name")
  case $value in
    *[[:space:]]*) fail "$name=$value has a space, which no address has." ;;
    "" | http://?* | https://?*) ;;
    *) fail "$name=$value is no address: it begins with http:// or https://." ;;
  esac
done
