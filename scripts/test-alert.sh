#!/bin/sh
# Send a test alert through Alertmanager, as Prometheus sends real ones, and say whether it was delivered. The alert ends
# after a minute, so a second notification follows.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh

fail() {
  echo "Bobbin: $*" >&2
  exit 1
}
[ -n "$(docker compose ps --quiet --status running alertmanager 2>/dev/null)" ] ||
  fail "Alertmanager does not run. Set COMPOSE_PROFILES=monitoring in .env (with HTTPS: https,monitoring), then run: make up"
scripts/check-alerts.sh
receivers=$(docker compose exec -T alertmanager sh -c "sed -n '/name: operators/,/name: watchdog/p' /tmp/alertmanager.yml" </dev/null)
case $receivers in
  *_configs*) ;;
  *) fail "Alertmanager has no receiver. Set ALERT_EMAIL_TO or ALERT_WEBHOOK_URL in .env, then run: make up" ;;
esac

# The label makes each test a notification of its own.
name=TestAlert
mark=$(date +%s)
since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
runbooks=${RUNBOOKS:-$(folder_setting RUNBOOKS docs/runbooks)}
docker compose exec -T alertmanager amtool --alertmanager.url=http://127.0.0.1:9093 alert add "$name" \
  severity=critical namespace="test-$mark" --start="$since" \
  --end="$(date -u -d "@$((mark + 60))" +%Y-%m-%dT%H:%M:%SZ)" \
  --annotation='summary="A test of the notifications"' \
  --annotation='description="Sent by make test-alert. Nothing is wrong."' \
  --annotation="runbook_url=\"$runbooks/Watchdog.md\"" --annotation=dashboard=bobbin-service </dev/null
echo "Sent $name to Alertmanager. Waiting for its receivers, up to a minute ..."
tries=30
while [ "$tries" -gt 0 ]; do
  log=$(docker compose logs --no-log-prefix --since "$since" alertmanager | grep "test-$mark" || true)
  case $log in
    *"does not advertise the STARTTLS extension"*) fail "it was not delivered: the mail server offers no TLS at this port. Use another" \
      "port, or ALERT_SMTP_TLS=false if the server is in your own network." ;;
    *"Notify attempt failed"*) fail "it was not delivered: $(printf '%s\n' "$log" | sed -n 's/.*Notify attempt failed.*err=//p' | head -n 1)" ;;
    *"Notify success"*) echo "Delivered. The end of the alert follows within three minutes." && exit 0 ;;
  esac
  sleep 2
  tries=$((tries - 1))
done
fail "Alertmanager has not sent it. Read its log: docker compose logs --tail 20 alertmanager"
