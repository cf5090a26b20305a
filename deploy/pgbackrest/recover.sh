#!/bin/sh
# Recover the archive to a moment in a server of its own, and dump the database of that server. Prints the dump on
# standard output. Runs in the image of this folder. The servers of Bobbin and their data are not touched.
#   recover.sh "2026-11-28 12:34:56"   UTC, if no zone is given
#   recover.sh latest                  the end of the archive
# Environment: PGBACKREST_… (pgbackrest help); PGBACKREST_PG1_PATH is an empty folder, which is emptied at the end
set -eu
data=$PGBACKREST_PG1_PATH
here=$(dirname "$0")
socket=${TMPDIR:-/tmp}
log=$socket/recover.log
child=

fail() {
  echo "Bobbin: $1; the database is as it was" >&2
  exit 1
}
utc() { TZ=UTC date --date "$1" '+%Y-%m-%d %H:%M:%S'; }

backups=$(pgbackrest info --output=json) || fail "the archive cannot be read"
# An error of the archive does not change the exit status: the key may be wrong, or the bucket refuses the request.
reason=$(printf '%s' "$backups" | grep -o '"message":"\[[^"\\]*[^"\\:]' | head -n 1)
[ -z "$reason" ] || fail "the archive cannot be read with pgbackrest.conf: ${reason#*:\"}"
# The end of each base backup in seconds, the oldest first.
oldest=$(printf '%s' "$backups" | grep -o '"stop":[0-9][0-9]*' | head -n 1)
[ -n "$oldest" ] || fail "the archive has no base backup yet"
if [ "${1:?say when: a time, or latest}" = latest ]; then
  set -- --type=default
else
  moment=$(TZ=UTC date --date "$1" '+%Y-%m-%d %H:%M:%S.%6N+00' 2>/dev/null) ||
    fail "\"$1\" is no time; say TO=\"2026-11-28 12:34:56\" (UTC), or TO=latest"
  seconds=$(TZ=UTC date --date "$1" +%s)
  [ "$seconds" -le "$(date +%s)" ] || fail "$moment is in the future"
  [ "$seconds" -gt "${oldest#*:}" ] ||
    fail "there is no base backup from before $moment; the oldest is of $(utc "@${oldest#*:}")"
  set -- --type=time "--target=$moment" --target-action=promote
fi

# The shell handles a signal only while it waits for a process in the background.
run() {
  "$@" &
  child=$!
  wait "$child"
}
clean_up() {
  [ -z "$child" ] || kill "$child" 2>/dev/null || true
  pg_ctl stop --silent --pgdata "$data" --mode immediate >/dev/null 2>&1 || true
  rm -rf "$data"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
rm -rf "$data"
mkdir -p "$data"
chmod 700 "$data"
run pgbackrest restore "$@" --archive-mode=off >&2 || fail "the base backup could not be restored"

last_change() { grep -o 'last completed transaction was at log time .*' "$log" | tail -n 1 | cut -d ' ' -f 8-; }
failed() {
  ! grep -q 'recovery ended before configured recovery target was reached' "$log" ||
    fail "the archive ends before $moment, with the change of $(last_change). Restore this with TO=latest"
  tail -n 5 "$log" >&2
  fail "PostgreSQL could not replay the archive"
}
# The same settings as the server that wrote the log, which recovery requires.
options="-c config_file=${PGCONFIG:-/etc/postgresql/postgresql.conf} -c listen_addresses= -c unix_socket_directories=$socket"
options="$options -c archive_mode=off -c shared_preload_libraries= -c fsync=off"
rm -f "$log"
run pg_ctl start --silent --pgdata "$data" --timeout 86400 --log "$log" --options "$options" >/dev/null 2>&1 || failed
recovers() {
  psql --no-psqlrc --tuples-only --no-align --host "$socket" --username postgres --dbname postgres \
    --command 'SELECT pg_is_in_recovery()' 2>/dev/null
}
# pg_ctl does not wait for the end of the recovery.
until [ "$(recovers)" = f ]; do
  pg_ctl status --pgdata "$data" >/dev/null || failed
  run sleep 1
done
echo "The last recovered change is of $(last_change)." >&2
PGHOST=$socket PGUSER=postgres PGDATABASE=${PGDATABASE:-bobbin} run sh "$here/backup.sh" dump ||
  fail "the recovered database could not be dumped"
