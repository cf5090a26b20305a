#!/bin/sh
# Make the folder of the backups, for who makes them: the caller, or for root the image's own user.
set -eu
cd "$(dirname "$0")/.."
folder=${BACKUPS:-backups}
[ ! -d "$folder" ] || exit 0
mkdir -p "$folder"
chmod 700 "$folder"
[ "$(id -u)" != 0 ] || chown 10001:10001 "$folder"
