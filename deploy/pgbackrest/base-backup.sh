#!/bin/sh
# Base backups for point-in-time recovery, with pgBackRest. Runs in the image of this folder.
#   base-backup.sh every SECONDS   make one when the newest is so old, until SIGTERM; after failures, in 1, 2, 4 ... 60 minutes
#   base-backup.sh writable        check that the folder of the archive can be written
#   base-backup.sh check SECONDS   fail if the newest is older than SECONDS and two hours, if the last try failed,
#                                  or if the write-ahead log is not archived
# Environment: PGBACKREST_… (pgbackrest help), PGBACKREST_PG1_SOCKET_PATH, TEXTFILES (as for backup.sh)
set -eu
FAILED=${TMPDIR:-/tmp}/base-backup-failed

fail() {
  echo "base-backup: $1" >&2
  exit 1
}

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --host "$PGBACKREST_PG1_SOCKET_PATH" --username postgres --dbname postgres --command "$1"; }

made_at() { # time of the newest base backup in seconds, 0 without one
  found=$(pgbackrest info --output=json 2>/dev/null | grep -o '"stop":[0-9][0-9]*' | tail -n 1)
  echo "${found#*:}" | grep . || echo 0
}

age() { echo $(($(date +%s) - $(made_at))); }

# Seconds for which the oldest complete segment has been waiting for the archive.
waiting() {
  ask "SELECT coalesce(ceil(extract(epoch FROM now() - min(modification))), 0)
    FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
}

# A new volume has another system identifier, and a new major version another format. Their log continues no backup.
due=
prepare() {
  pgbackrest stanza-create 2>/dev/null || { pgbackrest stanza-upgrade && due=1; }
}

backup() {
  prepare || return 1
  type="diff" # Without a full backup, pgBackRest makes one.
  [ "$(date +%u)" != 7 ] || type=full
  pgbackrest backup --type="$type" || return 1
  due=
  echo "base-backup: $(pgbackrest info --output=json | grep -o '"label":"[^"]*"' | tail -n 1)"
}

publish() {
  [ -n "${TEXTFILES:-}" ] || return 0
  seconds=$(waiting) || return 0
  cat >"$TEXTFILES/base-backup.$$" <<METRICS
# HELP bobbin_base_backup_last_success_timestamp_seconds Unix time of the newest base backup, 0 without one.
# TYPE bobbin_base_backup_last_success_timestamp_seconds gauge
bobbin_base_backup_last_success_timestamp_seconds $(made_at)
# HELP bobbin_archive_waiting_seconds Time that the oldest complete WAL segment has been waiting for the archive.
# TYPE bobbin_archive_waiting_seconds gauge
bobbin_archive_waiting_seconds $seconds
METRICS
  mv "$TEXTFILES/base-backup.$$" "$TEXTFILES/base-backup.prom"
}

case "${1:-}" in
writable)
  ! grep -q '^repo1-type=\(s3\|azure\|gcs\|sftp\)' "$PGBACKREST_CONFIG" || exit 0
  reason=$(touch /archive/.writable 2>&1) || fail "user $(id -u):$(id -g) cannot write to /archive (${reason##*: })"
  ;;
check)
  [ ! -f "$FAILED" ] || fail "the last try failed; its reason is in the log"
  [ ! -f "$FAILED-none" ] || exit 0 # The first one is being made.
  [ "$(age)" -le $(($2 + 7200)) ] || fail "the newest base backup is $(age) seconds old"
  [ "$(waiting)" -le 600 ] || fail "the write-ahead log is not archived; the log of postgres has the reason"
  ;;
every)
  trap 'exit 0' TERM INT
  next=0
  retry=60
  # A repository that cannot be used is not healthy while the first base backup is tried.
  if prepare; then touch "$FAILED-none"; else due=1; fi
  while :; do
    if { [ -n "$due" ] || [ "$(age)" -ge "$2" ]; } && [ "$(date +%s)" -ge "$next" ]; then
      if backup; then
        rm -f "$FAILED"
        retry=60
      else
        touch "$FAILED"
        next=$(($(date +%s) + retry))
        retry=$((retry < 1800 ? 2 * retry : 3600))
      fi
    fi
    rm -f "$FAILED-none"
    publish
    sleep 60 &
    wait $!
  done
  ;;
*) fail "say: every SECONDS, writable, or check SECONDS" ;;
esac
