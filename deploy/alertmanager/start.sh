#!/bin/sh
# Write the configuration of Alertmanager from the settings ALERT_…, and start it. Without settings, alerts are shown
# on its page only. The password of the mail server stays in its file.
set -eu
here=$(dirname "$0")
settings=${TMPDIR:-/tmp}/alertmanager.yml
umask 077

quoted() { # Print a string of YAML.
  printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"
}

{
  [ -n "${ALERT_EMAIL_TO:-}${ALERT_WEBHOOK_URL:-}" ] || echo '# No receiver: alerts are only shown.'
  cat "$here/routes.yml"
  printf '\nreceivers:\n  - name: operators\n'
  if [ -n "${ALERT_EMAIL_TO:-}" ]; then
    : "${ALERT_SMTP_HOST:?ALERT_EMAIL_TO needs ALERT_SMTP_HOST, such as mail.example.org:587}"
    echo '    email_configs:'
    echo "      - to: $(quoted "$ALERT_EMAIL_TO")"
    echo "        from: $(quoted "${ALERT_EMAIL_FROM:-bobbin@localhost}")"
    echo "        smarthost: $(quoted "$ALERT_SMTP_HOST")"
    echo "        require_tls: ${ALERT_SMTP_TLS:-true}"
    echo '        send_resolved: true'
    echo '        headers: {Subject: "{{ template \"bobbin.subject\" . }}"}'
    echo '        html: ""'
    echo '        text: "{{ template \"bobbin.text\" . }}"'
    if [ -n "${ALERT_SMTP_USER:-}" ]; then
      echo "        auth_username: $(quoted "$ALERT_SMTP_USER")"
      echo "        auth_password_file: ${ALERT_SMTP_PASSWORD_FILE:-/run/secrets/alert_smtp_password}"
    fi
  fi
  if [ -n "${ALERT_WEBHOOK_URL:-}" ]; then
    printf '    webhook_configs:\n      - url: %s\n        send_resolved: true\n' "$(quoted "$ALERT_WEBHOOK_URL")"
  fi
  printf '  - name: watchdog\n'
  if [ -n "${ALERT_WATCHDOG_URL:-}" ]; then
    printf '    webhook_configs:\n      - url: %s\n        send_resolved: false\n' "$(quoted "$ALERT_WATCHDOG_URL")"
  fi
  printf 'templates: [%s]\n' "$(quoted "$(cd "$here" && pwd)/mail.tmpl")"
} >"$settings"

exec "${ALERTMANAGER:-alertmanager}" --config.file="$settings" "$@"
