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

fail() {
  echo "recover: $1" >&2
  exit 1
}

if [ "${1:?say when: a time, or latest}" = latest ]; then
  set -- --type=default
else
  moment=$(TZ=UTC date --date "$1" '+%Y-%m-%d %H:%M:%S+00' 2>/dev/null) || fail "\"$1\" is no time; say 2026-11-28 12:34:56"
  set -- --type=time "--target=$moment" --target-action=promote
fi

clean_up() {
  pg_ctl stop --silent --pgdata "$data" --mode immediate >/dev/null 2>&1 || true
  rm -rf "$data"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
rm -rf "$data"
mkdir -p "$data"
chmod 700 "$data"
pgbackrest restore "$@" --archive-mode=off >&2 || fail "there is no base backup from before that time"

unreached="the archive does not reach that time; its end is: make restore TO=latest"
# The same settings as the server that wrote the log, which recovery requires.
options="-c config_file=${PGCONFIG:-/etc/postgresql/postgresql.conf} -c listen_addresses= -c unix_socket_directories=$socket"
options="$options -c archive_mode=off -c shared_preload_libraries= -c fsync=off"
log=$socket/recover.log
rm -f "$log"
# pg_ctl waits until the recovery has ended.
pg_ctl start --silent --pgdata "$data" --timeout 86400 --log "$log" --options "$options" >&2 || {
  tail -n 5 "$log" >&2
  fail "$unreached"
}
recovers() {
  psql --no-psqlrc --tuples-only --no-align --host "$socket" --username postgres --dbname postgres \
    --command 'SELECT pg_is_in_recovery()' 2>/dev/null
}
until [ "$(recovers)" = f ]; do
  pg_ctl status --pgdata "$data" >/dev/null || { tail -n 5 "$log" >&2 && fail "$unreached"; }
  sleep 1
done
echo "recover: the last change is of $(grep -o 'last completed transaction was at log time .*' "$log" | tail -n 1 | cut -d ' ' -f 8-)" >&2
PGHOST=$socket PGUSER=postgres PGDATABASE=${PGDATABASE:-bobbin} sh "$here/backup.sh" dump
