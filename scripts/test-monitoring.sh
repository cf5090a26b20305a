#!/bin/sh
# Have everything happen to a Bobbin under a real Prometheus, and look at every panel and rule (tests/monitoring).
# Needs Prometheus, three exporters and nginx: as root on Debian it installs what is missing, without their services.
set -eu
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"

missing=
need() { # program, package
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need promtool prometheus
need prometheus-postgres-exporter prometheus-postgres-exporter
need prometheus-redis-exporter prometheus-redis-exporter
need prometheus-nginx-exporter prometheus-nginx-exporter
need nginx nginx

install_missing() {
  echo "Installing with apt-get:$missing"
  policy=/usr/sbin/policy-rc.d
  ours=
  if [ ! -e "$policy" ]; then # Packages start their services, unless this says no.
    ours=$policy
    trap 'rm -f "$ours"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # shellcheck disable=SC2086  # words on purpose
  apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 $missing >/dev/null
  [ -z "$ours" ] || rm -f "$ours"
  for package in $missing; do # Nor shall they start with the machine.
    if command -v systemctl >/dev/null 2>&1; then
      systemctl disable --quiet "$package"
    else
      deb-systemd-helper disable "$package.service"
    fi
  done
}

if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    install_missing
  else
    echo "Bobbin: these are missing:$missing. On Debian and Ubuntu, as root:" >&2
    echo "  apt-get install --no-install-recommends$missing" >&2
    echo "Elsewhere: Prometheus, its exporters for PostgreSQL, Redis and nginx, and nginx, in PATH under these names." >&2
    exit 1
  fi
fi

# By files: all that ask the stack have one process, and promtool works in another.
# shellcheck disable=SC2086  # words on purpose
BOBBIN_MONITORING=1 .venv/bin/python scripts/embedded test tests/monitoring ${ARGS:---quiet --numprocesses=2 --dist=loadfile}
