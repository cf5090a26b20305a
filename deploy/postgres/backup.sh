#!/bin/sh
# A backup of the database: a consistent dump, its checksum, and the oldest ones gone. In the image of postgres.
#   backup.sh once            make one, and say where
#   backup.sh every SECONDS   whenever the newest is so old, until SIGTERM; after a failure again in an hour
# Environment: PGHOST PGUSER PGDATABASE PGPASSWORD_FILE BACKUPS (folder) KEEP (how many)
set -eu
umask 077
BACKUPS=${BACKUPS:-/backups}
KEEP=${KEEP:-14}

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
  pg_dump --format=custom --no-owner --no-privileges --lock-wait-timeout=60s --file="$unfinished" ||
    fail "pg_dump failed; no backup was made"
  # It can be read to its end, and the messages are in it.
  pg_restore --file=- "$unfinished" | grep --quiet '^COPY public.messaging_message ' ||
    fail "the dump holds no messages; no backup was made"
  sync "$unfinished"
  (cd "$BACKUPS" && sum=$(sha256sum <"$name.unfinished") && echo "${sum%% *}  $name" >"$name.sha256")
  mv "$unfinished" "$BACKUPS/$name"
  echo "backup: $name, $(wc -c <"$BACKUPS/$name") bytes"
  # Names begin with the time, so the last of them are the newest.
  find "$BACKUPS" -name 'bobbin-*.dump' | sort -r | tail -n "+$((KEEP + 1))" | while IFS= read -r old; do
    rm -f "$old" "$old.sha256"
    echo "backup: $(basename "$old") is older than the last $KEEP, and gone"
  done
)

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
