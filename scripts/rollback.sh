#!/bin/sh
# Run the images of before the last upgrade again. This builds nothing, and does not change the tables: the older
# release checks that it can use them.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/images.sh
fail() { echo "Bobbin: $1" >&2; exit 1; }

web=$(image_name web) nginx=$(image_name nginx)
for image in "$web" "$nginx"; do
  docker image inspect "$image-previous" >/dev/null 2>&1 ||
    fail "$image-previous is missing: no image of an earlier release is kept here. Check out that release, and run make up."
done
bad_web=$(image_id web) bad_nginx=$(image_id nginx)
[ "$bad_web $bad_nginx" != "$(image_id web "$web-previous") $(image_id nginx "$nginx-previous")" ] ||
  fail "the images of before, release $(release_of "$web"), are already in use."
bad=$(release_of "$web")
docker tag "$web-previous" "$web"
docker tag "$nginx-previous" "$nginx"
echo "Going back from release $bad to release $(release_of "$web") ..."
# Remove containers that do not work, because the replacement waits until all are healthy.
broken=$(docker compose ps --all --format '{{.ID}} {{.Health}}' web | awk '$2 != "healthy" { print $1 }')
# shellcheck disable=SC2086  # word splitting is intended
[ -z "$broken" ] || docker rm --force $broken >/dev/null
if ! scripts/up.sh --no-build; then
  docker tag "$bad_web" "$web"
  docker tag "$bad_nginx" "$nginx"
  fail "the rollback failed, and release $bad stays. The lines above say why."
fi
echo "Release $(release_of "$web") runs again, on the present tables. The checkout is unchanged: make up would build it."
