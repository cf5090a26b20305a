#!/bin/sh
# Create .venv and install the locked packages, with hashes. This is fast if nothing changed.
# `bootstrap.sh bench` does the same for the benchmarks, in .venv-bench. PYTHON=... selects the interpreter.
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "Bobbin: $1" >&2
  exit 1
}

good() { # Return whether Bobbin supports this interpreter.
  command -v "$1" >/dev/null 2>&1 &&
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

group=${1:-dev}
lock=services/web/requirements/$group.txt
venv=.venv
[ "$group" = dev ] || venv=.venv-$group
stamp=$venv/installed.sum
mark() { # Print the checksum of the lock file and the path of the venv, which its programs contain.
  echo "$(cksum <"$lock") $(cd "$venv" && pwd -P)"
}

if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(mark)" ] && good "$venv/bin/python"; then
  exit 0
fi

python=
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
  if good "$candidate"; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || fail "Python 3.11 or newer is needed (tried: ${PYTHON:-python3.13 python3.12 python3.11 python3}). Install it, or name it: make PYTHON=/path/to/python3"
# Only one process installs. A second `make` waits here and then finds the packages installed. Python holds
# the lock, because not every system has flock(1).
if [ -z "${BOBBIN_INSTALLING:-}" ]; then
  BOBBIN_INSTALLING=yes exec "$python" scripts/with-lock.py "$venv.lock" scripts/bootstrap.sh "$group"
fi
unset BOBBIN_INSTALLING
"$python" -c 'import venv, ensurepip' 2>/dev/null ||
  fail "$("$python" --version) has no venv module; on Debian and Ubuntu: apt install python3-venv"

echo "Installing into $venv with $("$python" --version) (once, about a minute) ..."
if ! good "$venv/bin/python" || [ ! -f "$stamp" ] || [ "$(cut -d ' ' -f 3- "$stamp")" != "$(cd "$venv" && pwd -P)" ]; then
  "$python" -m venv --clear "$venv" || fail "cannot make $venv here; see above"
fi
rm -f "$stamp"

set -- install --quiet --require-hashes --no-deps -r "$lock"
with_uv() { # uv is in .venv and ten times faster than pip. It ignores pip's settings, so pip is the fallback.
  # Compile bytecode as pip does. Otherwise each start needs more time, and `events` 20 MB more heap.
  [ "$group" != dev ] && [ -x .venv/bin/uv ] &&
    UV_HTTP_RETRIES="${UV_HTTP_RETRIES:-1}" .venv/bin/uv pip "$@" --compile-bytecode --python "$venv/bin/python"
}
with_uv "$@" || "$venv/bin/python" -m pip "$@" --disable-pip-version-check ||
  fail "the packages could not be installed; see above. Is there a network, and room on the disk?"
mark >"$stamp"
