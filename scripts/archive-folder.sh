#!/bin/sh
# Create the folder of the archive, which belongs to the user of PostgreSQL, and refuse one that this user cannot write to.
# Does nothing without deploy/pgbackrest/compose.yml. Called by up.sh and doctor.sh.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
archive=${ARCHIVE:-$(folder_setting ARCHIVE ./archive)}
docker compose config --services | grep -qx base-backup || exit 0
once() { docker compose run --rm --no-TTY --no-deps "$@" </dev/null 2>&1; }

if [ ! -d "$archive" ]; then
  # Docker creates a missing folder for root, and only root may give it away.
  once --user 0:0 --cap-add CHOWN --entrypoint sh base-backup -c 'chmod 700 /archive && chown 999:999 /archive' >/dev/null ||
    { echo "Bobbin: ARCHIVE=$archive cannot be created as a folder. Set ARCHIVE to another path." >&2; exit 1; }
fi
refusal=$(once base-backup writable) || {
  printf '%s\n' "$refusal" | tail -n 1 >&2
  case $refusal in
    *"(Read-only file system)"*) echo "Bobbin: mount the disk of ARCHIVE=$archive for writing, or set ARCHIVE to another folder." >&2 ;;
    *"cannot write to /archive"*) echo "Bobbin: give the folder to the user of PostgreSQL: chown -R 999:999 $archive" >&2 ;;
  esac
  exit 1
}
