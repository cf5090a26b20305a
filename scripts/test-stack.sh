#!/bin/sh
# Build the images, start all containers from a fresh copy of this checkout, test and harm them, remove them.
# ARGS="-k backup" for a part; KEEP_STACK=1 leaves them running. Needs a Docker engine.
set -eu
cd "$(dirname "$0")/.."
exec .venv/bin/python -m pytest -c tests/stack/pytest.ini tests/stack "$@"
