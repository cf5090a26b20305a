#!/bin/sh
# Build the images of web and nginx, on renewed bases if a registry answers. If the new ones differ, tag the images that
# run now as <image>-previous: `make rollback` runs them again. Called by up.sh.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/images.sh

sed -n 's/^FROM \([^ ]*\).*/\1/p' services/*/Dockerfile | sort -u | while read -r base; do
  docker pull --quiet "$base" </dev/null >/dev/null 2>&1 ||
    { echo "No registry answers: building on the present copies of the base images."; break; }
done
# Build the image of web once for all services that use it. Compose would build it for each service with
# different labels, and would treat the last one as a new version.
# shellcheck disable=SC2046  # words on purpose
docker compose build --build-arg "RELEASE=${RELEASE:-$(scripts/release.sh)}" \
  web nginx $(docker compose config --services | grep -x caddy)

web=$(running web) || exit 0
nginx=$(running nginx) || exit 0
[ "$web $nginx" != "$(image_id web) $(image_id nginx)" ] || exit 0
# Another build of the same release, such as one on renewed bases, must not replace the images of the release before.
release=$(release_of "$web")
kept=$(release_of "$(image_name web)-previous" 2>/dev/null) || kept=$release
[ "$kept" = "$release" ] || [ "$release" != "$(release_of "$(image_name web)")" ] || exit 0
docker tag "$web" "$(image_name web)-previous"
docker tag "$nginx" "$(image_name nginx)-previous"
