#!/bin/sh
# Request the log-in page through nginx, and say what does not work, or the address of the site. All containers can be
# healthy while no page comes through. Called by up.sh.
set -eu
cd "$(dirname "$0")/.."
host=$(docker compose exec --no-TTY web printenv ALLOWED_HOSTS </dev/null | sed 's/,.*//; s/^\.//; s/^\*$/localhost/')
# As a proxy that ends TLS; with HTTPS, other requests are redirected. nginx finds a new container within a second.
said=$(docker compose exec --no-TTY nginx curl --silent --show-error --fail --output /dev/null --max-time 20 \
  --retry 10 --retry-delay 1 --retry-all-errors --header "Host: $host" --header "X-Forwarded-Proto: https" \
  http://127.0.0.1:8080/accounts/login/ 2>&1 </dev/null) || {
  echo "Bobbin: all containers run, but nginx answers no page for $host: $(printf '%s\n' "$said" | tail -n 1)" >&2
  echo "Read the log: docker compose logs --tail 20 nginx web" >&2
  exit 1
}
ready='import urllib.request as r; print(r.urlopen("http://127.0.0.1:8000/readyz").read())'
if docker compose exec --no-TTY web python -IS -c "$ready" </dev/null | grep -q degraded; then
  echo "Bobbin: web cannot use Redis, so pages are slower and update later. Read the log: docker compose logs --tail 20 redis web" >&2
fi

published=$(docker compose port nginx 8080)
address=http://$published
page() { # HOST: request the log-in page without HTTPS, and print the head of the answer.
  docker compose exec --no-TTY nginx curl --silent --head --header "Host: $1" http://127.0.0.1:8080/accounts/login/ </dev/null
}
if [ -n "$(docker compose ps --quiet caddy 2>/dev/null)" ]; then
  # An expired certificate is no failure: make upgrade would return to the release before, which has the same one.
  if scripts/check-certificate.sh; then echo "Bobbin is ready at https://$host"; else [ $? -eq 3 ] || exit 1; fi
elif page "$host" | grep -qi '^location: https:'; then
  echo "Bobbin is ready for your proxy at $address. Without HTTPS every page redirects to https://$host: set up a proxy" \
    "(docs/operations.md, \"Behind a proxy of yours\") or the profile https."
elif page "$published" | grep -q '^HTTP/[0-9.]* 400'; then
  echo "Bobbin is ready at $address, for requests to the hosts in ALLOWED_HOSTS, such as http://$host:${published##*:}"
else
  echo "Bobbin is ready at $address"
fi
