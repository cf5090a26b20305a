#!/bin/sh
# Request the log-in page through nginx, as browsers do, and say what does not work. All containers can be healthy
# while no page comes through. Called by up.sh.
set -eu
cd "$(dirname "$0")/.."
docker compose exec --no-TTY web python -IS - <<'PY'
import http.client, json, os, sys, time

host = os.environ["ALLOWED_HOSTS"].split(",")[0].strip().lstrip(".")


def request(server, path, **headers):
    connection = http.client.HTTPConnection(server, timeout=5)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError as error:
        return 0, str(error).encode()


for _ in range(20):  # nginx finds a new container within a second.
    status, said = request("nginx:8080", "/accounts/login/", Host="localhost" if host == "*" else host)
    if status in {200, 301}:  # With HTTPS, a redirect to it.
        break
    time.sleep(0.5)
else:
    sys.exit(f"Bobbin: all containers run, but nginx answers {status or said.decode()} for http://{host}/accounts/login/."
             " Read the log: docker compose logs --tail 20 nginx web")
if json.loads(request("127.0.0.1:8000", "/readyz")[1]).get("status") == "degraded":
    print("Bobbin: web cannot use Redis. Pages are slower and update later. Is its password right?"
          " Read the log: docker compose logs --tail 20 redis web", file=sys.stderr)
PY
