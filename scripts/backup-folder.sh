#!/bin/sh
# Create the folder for backups. It belongs to the caller or, if the caller is root, to the user of the image.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
folder=$BACKUPS
[ ! -d "$folder" ] || exit 0
mkdir -p "$folder"
chmod 700 "$folder"
[ "$(id -u)" != 0 ] || chown 10001:10001 "$folder"
