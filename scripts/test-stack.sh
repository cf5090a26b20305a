#!/bin/sh
# Build the images, start all containers from a fresh copy of this checkout, test them with and without
# failures, and remove them. ARGS="-k backup" selects tests; KEEP_STACK=1 keeps the containers running.
# Needs a Docker engine.
set -eu
cd "$(dirname "$0")/.."
exec .venv/bin/python -m pytest -c tests/deployment/compose/pytest.ini tests/deployment/compose \
  -o 'python_files=test_*.py drill_alerts.py' "$@"
