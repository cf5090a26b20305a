#!/bin/sh
# Back up the database: a consistent dump, the list of erased users and the checksums of both. Delete old
# backups. The dump has no sessions and no failed log-ins. Runs in the postgres image.
#   backup.sh once            make one backup and print its name
#   backup.sh every SECONDS   make one when the newest is so old, until SIGTERM; after failures, in 1, 2, 4 ... 60 minutes
#   backup.sh dump            write a dump to standard output
#   backup.sh writable        check that backups can be written
#   backup.sh check SECONDS   fail if the last try failed, or if the newest backup is older than SECONDS and two hours
# Environment: PGHOST PGUSER PGDATABASE PGPASSWORD_FILE BACKUPS (folder) KEEP (number of backups)
#   KEEP_REPLACED (days that a database is kept after a restore has replaced it)
#   AGE_RECIPIENT (optional: public key of age, which encrypts the dump)
#   TEXTFILES (optional: folder that the textfile collector of the node exporter reads)
set -eu
umask 077
BACKUPS=${BACKUPS:-/backups}
KEEP=${KEEP:-14}
KEEP_REPLACED=${KEEP_REPLACED:-7}

fail() {
  echo "backup: $1" >&2
  exit 1
}

# A failed redirection of `exec` ends the shell without this message.
writable() {
  reason=$(touch "$BACKUPS/.lock" 2>&1) || fail "user $(id -u):$(id -g) cannot write to $BACKUPS (${reason##*: })"
  [ -z "${AGE_RECIPIENT:-}" ] || age --encrypt --recipient "$AGE_RECIPIENT" </dev/null >/dev/null 2>&1 ||
    fail "AGE_RECIPIENT is no public key of age"
}

# pg_dump reads all tables in one snapshot while the application reads and writes. Without sessions, a stolen backup
# gives no access to an account.
dump() { # FILE, otherwise standard output
  pg_dump --format=custom --encoding=UTF8 --no-owner --no-privileges --lock-wait-timeout=60s ${1:+--file="$1"} \
    --exclude-table-data=accounts_session --exclude-table-data=django_session --exclude-table-data='axes_*'
}

# restore.sh recognizes an encrypted dump by its first bytes. The list of erased users has ids and times only.
encrypt() { # FILE
  [ -n "${AGE_RECIPIENT:-}" ] || return 0
  age --encrypt --recipient "$AGE_RECIPIENT" --output "$1.age.unfinished" "$1" ||
    fail "age could not encrypt the dump; no backup was made"
  mv "$1.age.unfinished" "$1"
}

backup() (
  # Run one backup at a time, and delete the files of a backup that was killed.
  writable
  exec 9>"$BACKUPS/.lock"
  flock --nonblock 9 || fail "another backup is being made"
  rm -f "$BACKUPS"/*.unfinished
  PGPASSWORD=$(cat "$PGPASSWORD_FILE") && export PGPASSWORD
  name=bobbin-$(date -u +%Y%m%dT%H%M%SZ).dump
  unfinished=$BACKUPS/$name.unfinished
  # The part of a dump that filled the disk must not stay on it.
  trap '[ -f "$BACKUPS/$name" ] || rm -f "$BACKUPS/$name".*' EXIT
  dump "$unfinished" ||
    fail "pg_dump failed; no backup was made"
  # Check that the dump is readable to its end and contains the messages.
  pg_restore --file=- "$unfinished" | grep --quiet '^COPY public.messaging_message ' ||
    fail "the dump holds no messages; no backup was made"
  # After the dump, so that the list includes users who were erased during the dump.
  list_erasures >"$BACKUPS/$name.erased.unfinished" || fail "the erased members could not be listed; no backup was made"
  encrypt "$unfinished"
  # `every` calls this function in a condition, where `set -e` has no effect.
  store "$name" || fail "the dump could not be stored; no backup was made"
  publish
  echo "backup: $name, $(wc -c <"$BACKUPS/$name") bytes"
  # Names begin with the time, so they sort by age.
  find "$BACKUPS" -name 'bobbin-*.dump' | sort -r | tail -n "+$((KEEP + 1))" | while IFS= read -r old; do
    rm -f "$old" "$old.sha256" "$old.erased"
    echo "backup: $(basename "$old") was deleted, because only the last $KEEP backups are kept"
  done
  drop_replaced || echo "backup: the databases that a restore has replaced could not be dropped" >&2
)

# The list needs a checksum too: a changed list would restore erased users, or erase others.
store() ( # NAME
  cd "$BACKUPS" && sync "$1.unfinished" "$1.erased.unfinished" && mv "$1.erased.unfinished" "$1.erased" &&
    sum=$(sha256sum <"$1.unfinished") && list=$(sha256sum "$1.erased") &&
    printf '%s\n' "${sum%% *}  $1" "$list" >"$1.sha256" && mv "$1.unfinished" "$1"
)

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }

# A restore needs these values to repeat the erasures: the erased users, their database, and its last user id.
list_erasures() {
  ask --command="COPY (
    SELECT m.born, now(), s.last_value, e.user_id, e.erased_at, e.erased_by_id
    FROM (SELECT min(applied) FROM django_migrations WHERE app = 'accounts' AND name = '0001_initial') AS m (born)
    CROSS JOIN accounts_user_id_seq s LEFT JOIN accounts_erasure e ON true
  ) TO STDOUT"
}

# Replaced databases contain users who were erased later, so they are dropped after KEEP_REPLACED days.
drop_replaced() {
  ask --dbname=postgres --command="SELECT datname FROM pg_database WHERE datname LIKE 'bobbin\_before\_restore\_%'
    AND datname <= 'bobbin_before_restore_' || to_char(now() AT TIME ZONE 'UTC' - interval '$KEEP_REPLACED days',
      'YYYYMMDDHH24MISS')" | while IFS= read -r replaced; do
    ask --dbname=postgres --command="DROP DATABASE \"$replaced\"" </dev/null || exit 1
    echo "backup: $replaced was dropped, because it is older than $KEEP_REPLACED days"
  done
}

newest() { # the newest backup, or a file that does not exist
  found=$(find "$BACKUPS" -name 'bobbin-*.dump' | sort | tail -n 1)
  echo "${found:-$BACKUPS/none}"
}

made_at() { # time of the newest backup in seconds, 0 without one
  stat --format %Y "$(newest)" 2>/dev/null || echo 0
}

seconds_old() { # the newest backup
  echo $(($(date +%s) - $(made_at)))
}

# Write the metrics for Prometheus.
publish() {
  write backup "bobbin_backup_last_success_timestamp_seconds Unix time of the newest backup, 0 without a backup." \
    "$(made_at)"
}

# Until the service ends, during a backup too.
publish_service() {
  while :; do
    write service "bobbin_backup_service_timestamp_seconds Unix time of the last minute in which the service ran." \
      "$(date +%s)" || :
    sleep 60
  done
}

write() { # FILE "METRIC HELP" VALUE
  [ -n "${TEXTFILES:-}" ] || return 0
  (
    umask 022
    printf '# HELP %s\n# TYPE %s gauge\n%s %s\n' "$2" "${2%% *}" "${2%% *}" "$3" >"$TEXTFILES/$1.prom.$$"
    mv "$TEXTFILES/$1.prom.$$" "$TEXTFILES/$1.prom"
  )
}

# A backup that is being made is neither late nor failed: the first one of a large database takes long.
check() { # SECONDS
  writable
  flock --nonblock "$BACKUPS/.lock" true || return 0
  [ ! "$FAILED" -nt "$(newest)" ] || fail "the last try failed; its reason is in the log"
  [ "$(seconds_old)" -le $(($1 + 7200)) ] || fail "the newest backup is $(seconds_old) seconds old"
}

# In a folder of the container, because the folder of the backups may be the reason of the failure.
FAILED=${TMPDIR:-/tmp}/backup-failed
case "${1:-}" in
once) backup ;;
dump) dump ;;
writable) writable ;;
check) check "$2" ;;
every)
  publish
  publish_service &
  service=$!
  trap 'kill "$service"; exit 0' TERM INT
  retry=60
  while :; do
    pause=$(($2 - $(seconds_old)))
    if [ "$pause" -gt 0 ]; then :
    elif backup; then
      pause=$2
      retry=60
    else
      touch "$FAILED"
      pause=$retry
      retry=$((retry < 1800 ? 2 * retry : 3600))
    fi
    sleep "$pause" &
    wait $!
  done
  ;;
*) fail "say: once, every SECONDS, check SECONDS, or writable" ;;
esac
