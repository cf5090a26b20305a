#!/bin/sh
# Print the release of this checkout: the version of services/web/pyproject.toml if git has the tag of that version
# here, otherwise the version with the last commit of services/web and, with uncommitted changes, their checksum.
set -eu
cd "$(dirname "$0")/../services/web"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
# Without git, or in an unpacked archive, the version is all that is known.
commit=$(git log -1 --format=%h -- . 2>/dev/null) || commit=
[ -n "$commit" ] || { echo "$version"; exit 0; }
if [ -n "$(git status --porcelain -- .)" ]; then
  # Two builds of different changes must not share cached pages.
  echo "$version.g$commit.d$({ git status --porcelain -- . && git diff HEAD -- .; } | git hash-object --stdin | cut -c 1-8)"
elif git diff --quiet "v$version" HEAD -- . 2>/dev/null; then
  echo "$version"
else
  echo "$version.g$commit"
fi
