#!/bin/sh
# Lock the packages of pyproject.toml with hashes, for all supported Python versions. UPGRADE=1 upgrades them.
set -eu
cd "$(dirname "$0")/../services/web"
compile="../../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header"
[ "${UPGRADE:-}" = 1 ] && compile="$compile --upgrade"
# shellcheck disable=SC2086  # word splitting is intended
$compile pyproject.toml --output-file requirements/base.txt
# shellcheck disable=SC2086
$compile --group traces --constraint requirements/base.txt --output-file requirements/traces.txt
# shellcheck disable=SC2086
$compile pyproject.toml --group dev --output-file requirements/dev.txt
# shellcheck disable=SC2086
$compile --group static --constraint requirements/dev.txt --output-file requirements/static.txt
# shellcheck disable=SC2086
$compile pyproject.toml --group bench --output-file requirements/bench.txt
# shellcheck disable=SC2086
$compile pyproject.toml --group infra --output-file requirements/infra.txt
