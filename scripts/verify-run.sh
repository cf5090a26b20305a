#!/bin/sh
# Start the stack as a newcomer would, check the six features over HTTP, and stop it.
set -eu
cd "$(dirname "$0")/.."
PORT=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PORT

make run &
trap 'make stop' EXIT
tries=0
until .venv/bin/python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$PORT/readyz')" 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 120 ] || exit 1
  sleep 0.5
done
make verify "URL=http://127.0.0.1:$PORT"
