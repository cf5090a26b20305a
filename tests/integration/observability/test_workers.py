"""Several workers that may exit at any moment.

Counters keep their values, and no files or series pile up. The environment variables WORKER_BOOTS and
HOSTILE_REQUESTS set the numbers of boots and of requests.
"""

import http.client
import os
import random
import signal
import string
from concurrent.futures import ThreadPoolExecutor

import pytest

from messaging import counter_audit
from observability import measuring
from tests.integration.observability.conftest import WORKERS, until
from tests.support.http_client.connection import Connection

pytestmark = pytest.mark.xdist_group("observed")
BOOTS = int(os.environ.get("WORKER_BOOTS", "8"))
WARM_UP, HOSTILE = 2_000, int(os.environ.get("HOSTILE_REQUESTS", "1000"))
PATHS = [
    "/RANDOM/",
    "/chats/RANDOM/",
    "/chats/thread/NUMBER/",
    "/chats/?RANDOM=NUMBER",
    "/static/RANDOM",
    "/admin/RANDOM/NUMBER/",
    "/accounts/login/?next=/RANDOM",
    "/metrics",
]
LOGIN = {"view": "accounts:login"}


def shape(site):
    """Return the input of a scrape: the names of the files, their sizes in bytes, and all series."""
    files = sorted((path.name, path.stat().st_size) for path in site.folder.glob("*.db"))
    return files, sorted(site.series())


def counts(site):
    return {
        "bobbin_gunicorn_worker_boots_total": site.total("bobbin_gunicorn_worker_boots_total"),
        "bobbin_http_requests_total": site.total("bobbin_http_requests_total", **LOGIN),
        "bobbin_http_request_seconds_count": site.total("bobbin_http_request_seconds_count", **LOGIN),
        "django_http_requests": site.total("django_http_requests_total_by_method_total"),
    }


def end_workers(site, number):
    """Terminate or kill every worker, and wait until new ones respond and have taken their first sample."""
    boots = site.total("bobbin_gunicorn_worker_boots_total")
    for worker in site.workers():
        worker.send_signal(number)
    until(
        lambda: (
            site.total("bobbin_gunicorn_worker_boots_total") == boots + WORKERS
            and site.total("bobbin_gunicorn_workers") == WORKERS
            and any(name == "bobbin_redis_connections" for name, _ in site.series())
        ),
        "new workers",
    )


def test_worker_boots_leave_no_files_and_keep_every_count(site):
    before, requested = counts(site), 0
    for boot in range(0, BOOTS, WORKERS):
        for _ in range(4):
            assert site.fetch("/accounts/login/")[0] == 200
            requested += 1
        end_workers(site, signal.SIGKILL if boot % 4 else signal.SIGTERM)
        if boot == WORKERS:  # One end of each kind.
            at_first = shape(site)

    assert shape(site) == at_first
    made = {name: number - before[name] for name, number in counts(site).items()}
    assert made.pop("bobbin_gunicorn_worker_boots_total") == BOOTS
    assert set(made.values()) == {requested}


def test_gauges_of_a_dead_worker_disappear(site):
    # The suspended master neither starts another worker nor handles the exit of this one.
    site.master.suspend()
    try:
        site.workers()[0].kill()
        # The threads of the worker may hold its files for a moment after it is reported dead.
        until(lambda: site.total("bobbin_gunicorn_workers") == WORKERS - 1, "end of the worker")
    finally:
        site.master.resume()
    until(lambda: site.total("bobbin_gunicorn_workers") == WORKERS, "another worker")


def test_hostile_requests_make_no_series(site, alice, cookies_of):
    headers, boots = cookies_of(alice), site.total("bobbin_gunicorn_worker_boots_total")
    hostile = [hostile_request(random.Random(number), headers) for number in range(WARM_UP + HOSTILE)]
    attack(site, hostile[:WARM_UP])  # These create the series of every view, method and status.
    before = set(site.series())
    found = attack(site, hostile[WARM_UP:])

    assert set(site.series()) == before
    assert {400, 404, 405} <= set(found)
    assert site.total("bobbin_gunicorn_worker_boots_total") == boots
    assert site.fetch("/accounts/login/")[0] == 200


def attack(site, requests) -> list[int]:
    def one(some):
        statuses = []
        with Connection(site.url) as connection:
            for request in some:
                try:
                    statuses.append(connection.fetch(**request).status)
                except http.client.HTTPException:
                    connection.close()
        return statuses

    with ThreadPoolExecutor(4) as pool:
        return [status for part in pool.map(one, [requests[n::4] for n in range(4)]) for status in part]


def hostile_request(chance, cookies):
    def word(letters=string.ascii_letters + string.digits, most=12):
        return "".join(chance.choices(letters, k=chance.randint(3, most)))

    path = chance.choice(PATHS).replace("RANDOM", word()).replace("NUMBER", str(chance.randint(10**6, 10**9)))
    headers = {f"X-{word()}": word(), "User-Agent": word(), "X-Request-ID": word()}
    headers |= chance.choice([{}, cookies, {"Cookie": f"sessionid={word()}"}])
    headers |= chance.choice([{}, {}, {"Host": f"{word()}.example"}, {"X-Requested-With": word()}])
    headers |= chance.choice([{}, {"X-Forwarded-Proto": word()}, {"HX-Request": word()}])
    method = chance.choice([*measuring.METHODS, "PROPFIND", "PUT", word(string.ascii_uppercase)])
    return {"path": path, "method": method, "headers": headers}


def test_workers_show_the_result_of_a_counter_audit(site):
    counter_audit.publish(compared=7, wrong=2)

    until(lambda: site.total("bobbin_counter_audit_sampled") == 7, "result of the audit")
    assert site.total("bobbin_counter_audit_wrong") == 2
