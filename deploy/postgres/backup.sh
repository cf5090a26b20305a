#!/bin/sh
# Back up the database: a consistent dump, the list of erased users and the checksums of both. Delete old
# backups. The dump has no sessions and no failed log-ins. Runs in the postgres image.
#   backup.sh once            make one backup and print its name
#   backup.sh every SECONDS   make one when the newest is so old, until SIGTERM; after a failure, in an hour
# Environment: PGHOST PGUSER PGDATABASE PGPASSWORD_FILE BACKUPS (folder) KEEP (number of backups)
#   KEEP_REPLACED (days that a database is kept after a restore has replaced it)
set -eu
umask 077
BACKUPS=${BACKUPS:-/backups}
KEEP=${KEEP:-14}
KEEP_REPLACED=${KEEP_REPLACED:-7}

fail() {
  echo "backup: $1" >&2
  exit 1
}

backup() (
  # Run one backup at a time, and delete the files of a backup that was killed.
  exec 9>"$BACKUPS/.lock" || fail "cannot write to $BACKUPS"
  flock --nonblock 9 || fail "another backup is being made"
  rm -f "$BACKUPS"/*.unfinished
  PGPASSWORD=$(cat "$PGPASSWORD_FILE") && export PGPASSWORD
  name=bobbin-$(date -u +%Y%m%dT%H%M%SZ).dump
  unfinished=$BACKUPS/$name.unfinished
  # pg_dump reads all tables in one snapshot while the application reads and writes.
  # Without sessions, a stolen backup gives no access to an account.
  pg_dump --format=custom --encoding=UTF8 --no-owner --no-privileges --lock-wait-timeout=60s --file="$unfinished" \
    --exclude-table-data=accounts_session --exclude-table-data=django_session --exclude-table-data='axes_*' ||
    fail "pg_dump failed; no backup was made"
  # Check that the dump is readable to its end and contains the messages.
  pg_restore --file=- "$unfinished" | grep --quiet '^COPY public.messaging_message ' ||
    fail "the dump holds no messages; no backup was made"
  # After the dump, so that the list includes users who were erased during the dump.
  list_erasures >"$BACKUPS/$name.erased.unfinished" || fail "the erased members could not be listed; no backup was made"
  sync "$unfinished" "$BACKUPS/$name.erased.unfinished"
  mv "$BACKUPS/$name.erased.unfinished" "$BACKUPS/$name.erased"
  # The list needs a checksum too: a changed list would restore erased users, or erase others.
  (cd "$BACKUPS" && sum=$(sha256sum <"$name.unfinished") && list=$(sha256sum "$name.erased") &&
    printf '%s\n' "${sum%% *}  $name" "$list" >"$name.sha256")
  mv "$unfinished" "$BACKUPS/$name"
  echo "backup: $name, $(wc -c <"$BACKUPS/$name") bytes"
  # Names begin with the time, so they sort by age.
  find "$BACKUPS" -name 'bobbin-*.dump' | sort -r | tail -n "+$((KEEP + 1))" | while IFS= read -r old; do
    rm -f "$old" "$old.sha256" "$old.erased"
    echo "backup: $(basename "$old") was deleted, because only the last $KEEP backups are kept"
  done
  drop_replaced || echo "backup: the databases that a restore has replaced could not be dropped" >&2
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

age() { # seconds since the newest backup was made
  newest=$(find "$BACKUPS" -name 'bobbin-*.dump' | sort | tail -n 1)
  echo $(($(date +%s) - $(stat --format %Y "${newest:-/proc/self/nothing}" 2>/dev/null || echo 0)))
}

case "${1:-}" in
once) backup ;;
every)
  trap 'exit 0' TERM INT
  while :; do
    pause=$(($2 - $(age)))
    if [ "$pause" -le 0 ]; then
      pause=$2
      backup || pause=3600
    fi
    sleep "$pause" &
    wait $!
  done
  ;;
*) fail "say: once, or every SECONDS" ;;
esac
