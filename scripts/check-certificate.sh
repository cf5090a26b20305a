#!/bin/sh
# Check the certificate of the profile https, if Caddy runs. Status 1: Caddy has none. Status 3: it expires within DAYS
# days, or has expired. Called by check-site.sh and doctor.sh.
set -eu
cd "$(dirname "$0")/.."
days=${DAYS:-0}
[ -n "$(docker compose ps --quiet caddy 2>/dev/null)" ] || exit 0
in_nginx() { docker compose exec --no-TTY nginx "$@" </dev/null; }
host=$(docker compose exec --no-TTY caddy printenv DOMAIN </dev/null)
# The first certificate takes seconds. The client does not check who issued it, which may be a test server.
certificate=$(in_nginx curl --silent --insecure --fail --output /dev/null --max-time 5 --retry 10 --retry-delay 2 \
  --retry-all-errors --write-out '%{certs}' --connect-to "$host:443:caddy:443" "https://$host/accounts/login/") ||
  { echo "Bobbin: Caddy has no certificate for $host yet. Does its DNS record lead to this machine, and are ports 80 and" \
    "443 open? Read the log: docker compose logs --tail 20 caddy" >&2; exit 1; }
expiry=$(printf '%s\n' "$certificate" | sed -n 's/^Expire date: *//p' | head -n 1)
[ -n "$expiry" ] || exit 0
end=$(in_nginx date --date "$expiry" +%s) # Other systems have no such date.
left=$((end - $(date +%s)))
[ "$left" -le "$((days * 86400))" ] || exit 0
if [ "$left" -le 0 ]; then when="expired on $expiry, so browsers refuse the site"; else when="expires on $expiry"; fi
echo "Bobbin: the certificate of https://$host $when. Caddy has not renewed it. Read the log:" \
  "docker compose logs --tail 20 caddy" >&2
exit 3
