#!/bin/sh
# Move the data into the major version of PostgreSQL that docker-compose.yml names. The stack must be stopped (make
# down). The data of the old version stay in the volume, beside the new ones.
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "Bobbin: $1" >&2
  exit 1
}

[ -z "$(docker compose --profile "*" ps --quiet --status running)" ] || fail "the stack is in use. Stop it first: make down"
scripts/secrets.sh
scripts/backup-folder.sh
old=$(scripts/old-postgres.sh)
[ -n "$old" ] || fail "the volume has no data of another version, so there is nothing to upgrade"
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
[ -z "${AGE_RECIPIENT:-$(folder_setting AGE_RECIPIENT "")}" ] || [ -r "${AGE_IDENTITY:-}" ] ||
  fail "the backups are encrypted: say also AGE_IDENTITY=<the file with the private key>"

in_volume() { docker compose run --rm --no-TTY --no-deps --workdir /var/lib/postgresql --entrypoint sh postgres -c "$1" </dev/null; }
in_volume "[ ! -d $old/kept ] || mv $old/kept $old/docker" # After an interruption.
echo "Backing up PostgreSQL $old ..."
POSTGRES_MAJOR=$old scripts/build-postgres.sh
POSTGRES_MAJOR=$old docker compose up --detach --wait --wait-timeout 120 postgres
trap 'docker compose rm --stop --force postgres >/dev/null 2>&1' EXIT
POSTGRES_MAJOR=$old scripts/backup.sh || fail "the backup failed; nothing was changed"
docker compose rm --stop --force postgres
trap - EXIT
# Until the marker is removed, `make up` refuses the new data, and a repetition begins again. The image creates no data
# beside old ones that it finds.
in_volume "mkdir -p \${PGDATA%/*} && touch \$PGDATA.unfinished && rm -rf \$PGDATA && mv $old/docker $old/kept"
# Names begin with the time, so the last one is the newest.
scripts/restore.sh "$(find "$BACKUPS" -name 'bobbin-*.dump' | sort | tail -n 1)"
in_volume "mv $old/kept $old/docker && rm \$PGDATA.unfinished"
echo "The data of PostgreSQL $old stay in the volume. When the new version works, delete them:"
echo "  docker compose run --rm --no-deps --entrypoint rm postgres -r /var/lib/postgresql/$old"
