#!/bin/sh
# As root on Debian: install packages, and keep their services stopped and disabled. Otherwise print the
# missing packages and fail. Usage: install-programs.sh PACKAGE...
set -eu

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Bobbin: these are missing: $*. On Debian and Ubuntu, as root:" >&2
  echo "  apt-get install --no-install-recommends $*" >&2
  exit 1
fi
echo "Installing with apt-get: $*"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then # Packages start their services unless this script forbids it.
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >/dev/null
for package in "$@"; do # Do not start the services at boot either.
  if command -v systemctl >/dev/null 2>&1; then
    systemctl disable --quiet "$package"
  else
    deb-systemd-helper disable "$package.service"
  fi
done
