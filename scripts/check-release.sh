#!/bin/sh
# Check that a tag may become a release, and print its notes. Usage: check-release.sh v1.2.3
# The tag must be the version of services/web/pyproject.toml, and CHANGELOG.md must describe it.
set -eu
tag=${1:?"say which tag: check-release.sh v1.2.3"}
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' services/web/pyproject.toml)
fail() { echo "Bobbin: $1" >&2; exit 1; }

[ "$tag" = "v$version" ] ||
  fail "the tag is $tag, but the version of services/web/pyproject.toml is $version. Tag that version: v$version"
notes=$(awk -v heading="## $version" '
  /^## / { inside = $0 == heading || index($0, heading " ") == 1; next }
  inside' CHANGELOG.md)
[ -n "$(printf '%s' "$notes" | tr -d '[:space:]')" ] ||
  fail "CHANGELOG.md has no section \"## $version\". Rename \"## Unreleased\" to it."
printf '%s\n' "$notes"
