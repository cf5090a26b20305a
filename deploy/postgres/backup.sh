#!/bin/sh
# A backup of the database: a consistent dump, the list of erased members, the checksums of both; the oldest ones gone.
# Sessions and failed log-ins are left out. In the image of postgres.
#   backup.sh once            make one, and say where
#   backup.sh every SECONDS   whenever the newest is so old, until SIGTERM; after a failure again in an hour
# Environment: PGHOST PGUSER PGDATABASE PGPASSWORD_FILE BACKUPS (folder) KEEP (how many)
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
  # One at a time; what a killed one has left goes.
  exec 9>"$BACKUPS/.lock" || fail "cannot write to $BACKUPS"
  flock --nonblock 9 || fail "another backup is being made"
  rm -f "$BACKUPS"/*.unfinished
  PGPASSWORD=$(cat "$PGPASSWORD_FILE") && export PGPASSWORD
  name=bobbin-$(date -u +%Y%m%dT%H%M%SZ).dump
  unfinished=$BACKUPS/$name.unfinished
  # One snapshot for all tables: pages are read and written meanwhile.
  # Whoever gets the folder gets no session of anybody.
  pg_dump --format=custom --encoding=UTF8 --no-owner --no-privileges --lock-wait-timeout=60s --file="$unfinished" \
    --exclude-table-data=accounts_session --exclude-table-data=django_session --exclude-table-data='axes_*' ||
    fail "pg_dump failed; no backup was made"
  # It can be read to its end, and the messages are in it.
  pg_restore --file=- "$unfinished" | grep --quiet '^COPY public.messaging_message ' ||
    fail "the dump holds no messages; no backup was made"
  # After the dump: whoever was erased meanwhile is in the list.
  list_erasures >"$BACKUPS/$name.erased.unfinished" || fail "the erased members could not be listed; no backup was made"
  sync "$unfinished" "$BACKUPS/$name.erased.unfinished"
  mv "$BACKUPS/$name.erased.unfinished" "$BACKUPS/$name.erased"
  # The list, too: one that was changed would bring members back, or erase others.
  (cd "$BACKUPS" && sum=$(sha256sum <"$name.unfinished") && list=$(sha256sum "$name.erased") &&
    printf '%s\n' "${sum%% *}  $name" "$list" >"$name.sha256")
  mv "$unfinished" "$BACKUPS/$name"
  echo "backup: $name, $(wc -c <"$BACKUPS/$name") bytes"
  # Names begin with the time, so the last of them are the newest.
  find "$BACKUPS" -name 'bobbin-*.dump' | sort -r | tail -n "+$((KEEP + 1))" | while IFS= read -r old; do
    rm -f "$old" "$old.sha256" "$old.erased"
    echo "backup: $(basename "$old") is older than the last $KEEP, and gone"
  done
  drop_replaced || echo "backup: databases that a restore has replaced could not be dropped" >&2
)

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }

# Who was erased, in which database, and the last id that it gave: what restore needs to repeat the erasures.
list_erasures() {
  ask --command="COPY (
    SELECT m.born, now(), s.last_value, e.user_id, e.erased_at, e.erased_by_id
    FROM (SELECT min(applied) FROM django_migrations WHERE app = 'accounts' AND name = '0001_initial') AS m (born)
    CROSS JOIN accounts_user_id_seq s LEFT JOIN accounts_erasure e ON true
  ) TO STDOUT"
}

# They hold everybody who was erased since.
drop_replaced() {
  ask --dbname=postgres --command="SELECT datname FROM pg_database WHERE datname LIKE 'bobbin\_before\_restore\_%'
    AND datname < 'bobbin_before_restore_' || to_char(now() AT TIME ZONE 'UTC' - interval '$KEEP_REPLACED days',
      'YYYYMMDDHH24MISS')" | while IFS= read -r replaced; do
    ask --dbname=postgres --command="DROP DATABASE \"$replaced\"" </dev/null || exit 1
    echo "backup: $replaced is older than $KEEP_REPLACED days, and gone"
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
