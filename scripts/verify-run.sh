#!/bin/sh
# Start the stack as a new developer would, check the six features over HTTP, and stop it.
# It uses a temporary folder, so it does not affect a stack that runs from this checkout, or its data.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d /tmp/bobbin-verify-XXXXXX)
chmod 755 "$folder"
port=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export BOBBIN_RUN="$folder/run"

make --no-print-directory run PORT="$port" >"$folder/said" 2>&1 &
run=$!
trap 'make --no-print-directory stop; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM HUP
until grep -q "Bobbin is ready" "$folder/said"; do
  if ! kill -0 "$run" 2>/dev/null; then
    cat "$folder/said"
    exit 1
  fi
  sleep 0.2
done
cat "$folder/said"
make --no-print-directory verify URL="http://127.0.0.1:$port"
make --no-print-directory e2e URL="http://127.0.0.1:$port"
