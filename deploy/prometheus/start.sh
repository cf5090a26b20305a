#!/bin/sh
# Start Prometheus in compose. PROBE_URL, if set, is the address of a page that the probe requests as members do.
set -eu
mkdir -p /tmp/probes
rm -f /tmp/probes/site.yml
if [ -n "${PROBE_URL:-}" ]; then
  printf -- '- targets: ["%s"]\n  labels: {probe: site}\n' "$PROBE_URL" >/tmp/probes/site.yml
fi
exec prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus "$@"
