#!/bin/sh
# Make .venv and install what the lock names, with hashes; quick when nothing changed.
# `bootstrap.sh bench` does so for the benchmarks, in .venv-bench. PYTHON=... chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "Bobbin: $1" >&2
  exit 1
}

good() { # Is this an interpreter that Bobbin runs on?
  command -v "$1" >/dev/null 2>&1 &&
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

group=${1:-dev}
lock=services/web/requirements/$group.txt
venv=.venv
[ "$group" = dev ] || venv=.venv-$group
stamp=$venv/installed.sum
mark() { # The lock, and where the venv lies: its programs name their interpreter by its full path.
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
# One at a time: a second `make` waits here, and then finds all done. Not every system has flock(1); Python has.
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
with_uv() { # .venv brings it; it takes a tenth of the time. It does not read pip's settings: so pip comes after it.
  # pip compiles what it installs; left to each start, that costs time and, in `events`, 20 MB of heap.
  [ "$group" != dev ] && [ -x .venv/bin/uv ] &&
    UV_HTTP_RETRIES="${UV_HTTP_RETRIES:-1}" .venv/bin/uv pip "$@" --compile-bytecode --python "$venv/bin/python"
}
with_uv "$@" || "$venv/bin/python" -m pip "$@" --disable-pip-version-check ||
  fail "the packages could not be installed; see above. Is there a network, and room on the disk?"
mark >"$stamp"
