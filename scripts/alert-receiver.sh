#!/bin/sh
# Say so if Alertmanager runs without a receiver. `make up` calls this.
set -eu
cd "$(dirname "$0")/.."

[ -n "$(docker compose ps --quiet alertmanager 2>/dev/null)" ] || exit 0
if docker compose exec -T alertmanager grep -q '^# No receiver' /tmp/alertmanager.yml </dev/null; then
  echo "Nobody is notified of alerts. Set ALERT_EMAIL_TO or ALERT_WEBHOOK_URL in .env (docs/monitoring.md)." \
    "All alerts: http://$(docker compose port alertmanager 9093)"
fi
