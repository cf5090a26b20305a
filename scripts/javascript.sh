#!/bin/sh
# Check or test the JavaScript: javascript.sh PROGRAM ARGUMENT..., such as `eslint .` or `node --test`.
# Installs the tools that package.json names, once, into node_modules. They need Node.js 20.19 or newer.
set -eu
cd "$(dirname "$0")/.."
command -v npm >/dev/null || { echo "npm is missing: the JavaScript was not checked." >&2; exit 0; }
node -e '[major, minor] = process.versions.node.split(".").map(Number)
  process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
  { echo "Node.js $(node --version) is too old: the tools need 20.19 or newer." >&2; exit 1; }
stamp=node_modules/installed.sum
if [ "$(cat "$stamp" 2>/dev/null)" != "$(cksum <package.json)" ]; then
  npm install --no-package-lock --no-audit --no-fund --ignore-scripts --silent
  cksum <package.json >"$stamp"
fi
PATH="$PWD/node_modules/.bin:$PATH" exec "$@"
