#!/bin/sh
# Create the folder for backups. It belongs to the caller or, if the caller is root, to the user of the image.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
folder=$BACKUPS
[ ! -d "$folder" ] || exit 0
said=$(mkdir -p "$folder" 2>&1) || {
  echo "Bobbin: BACKUPS=$folder cannot be created as a folder (${said##*: }). Set BACKUPS to another path." >&2
  exit 1
}
chmod 700 "$folder"
[ "$(id -u)" != 0 ] || chown 10001:10001 "$folder"
