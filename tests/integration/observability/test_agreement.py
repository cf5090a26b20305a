"""Three counts of SQL statements agree: Bobbin by request, django-prometheus by cursor, PostgreSQL itself."""

import random
import urllib.parse
import uuid

import pytest
from django.db import connection

from messaging.models import Message

pytestmark = pytest.mark.xdist_group("observed")
REQUESTS, WARM_UP = 300, 100
TOKEN = "t" * 32
OF_THIS_DATABASE = "(SELECT oid FROM pg_database WHERE datname = current_database())"
# psycopg begins and ends transactions itself, not by a cursor of Django.
TRANSACTIONS = "query ~* '^(BEGIN|COMMIT|ROLLBACK)$'"
# Bobbin checks a persistent connection every few seconds, before the first query of a request.
HEALTH_CHECKS = "query ~ '^SELECT [$]?1$'"
# PostgreSQL checks foreign keys at the commit, by statements of its own.
CHECKS_OF_KEYS = "query ~ '^SELECT .* FROM ONLY .* FOR KEY SHARE OF x$'"


@pytest.fixture
def witness(transactional_db):
    """Return a function that counts the statements that PostgreSQL executed here for a condition."""

    def fetch(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone() if cursor.description else None

    if fetch("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_stat_statements'") is None:
        pytest.skip("needs a PostgreSQL with pg_stat_statements")
    fetch("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    fetch(f"SELECT pg_stat_statements_reset(0, {OF_THIS_DATABASE}, 0)")

    def calls(condition: str) -> int:
        return fetch(
            f"SELECT coalesce(sum(calls), 0)::int FROM pg_stat_statements(true) WHERE ({condition}) "
            f"AND query !~ 'pg_stat_statements' AND dbid = {OF_THIS_DATABASE}"
        )[0]

    return calls


def test_three_counts_agree_on_mixed_requests(site, witness, alice, bob, message, cookies_of):
    Message.objects.bulk_create(
        Message(sender=alice, receiver=bob, content=f"No. {n}", parent_message=message) for n in range(100)
    )
    people = [cookies_of(alice), cookies_of(bob)]
    requests = mixed_requests(message.pk)
    for request in requests[:WARM_UP]:  # After these requests every thread has a connection.
        fetch(site, people, **request)
    before = counts(site, witness)
    for request in requests[WARM_UP:]:
        fetch(site, people, **request)
    made = {name: number - before[name] for name, number in counts(site, witness).items()}

    assert made["by requests"] > REQUESTS
    assert made["by cursors"] == made["by requests"] + made["health checks"]
    assert made["health checks"] < made["requests that asked"]
    assert made["by PostgreSQL"] == made["by cursors"] + made["checks of keys"] + made["transactions"]
    assert made["checks of keys"] > 0 < made["transactions"]


def counts(site, witness) -> dict[str, float]:
    unrequested = site.total("bobbin_request_db_queries_bucket", le="0.0")
    return {
        "by requests": site.total("bobbin_request_db_queries_sum"),
        "by cursors": site.total("django_db_execute_total"),
        "by PostgreSQL": witness("true"),
        "transactions": witness(TRANSACTIONS),
        "health checks": witness(HEALTH_CHECKS),
        "checks of keys": witness(CHECKS_OF_KEYS),
        "requests that asked": site.total("bobbin_request_db_queries_count") - unrequested,
    }


def mixed_requests(root: int) -> list[dict]:
    """Return requests of two users and of anonymous visitors.

    They are cached and uncached pages, replies, edits and marks as read.
    """
    chance = random.Random(0)
    thread, message = f"/chats/thread/{root}/?at={root}", f"/chats/message/{root}"
    loads = ["/chats/", "/chats/unread/", thread, f"{message}/history/", "/chats/notifications/"]
    others = [
        "/accounts/",
        "/accounts/login/",
        "/nowhere/",
        f"{message}/reply/",
        "/chats/people/?q=b",
    ]
    writes = [f"{message}/reply/", f"{message}/reply/", f"{message}/edit/", "/chats/notifications/read/"]
    made = []
    for number in range(WARM_UP + REQUESTS):
        path = chance.choice([*loads, *others, *writes])
        is_write = path in writes and chance.random() < 0.9
        made.append({"path": path, "who": chance.randrange(3), "text": f"No. {number}" if is_write else ""})
    return made


def fetch(site, people, path, who, text):
    cookies = people[who]["Cookie"] if who < len(people) else "stranger=1"
    headers = {"Cookie": f"{cookies}; csrftoken={TOKEN}"}
    if not text:
        status = site.fetch(path, headers=headers)[0]
    else:
        form = {"csrfmiddlewaretoken": TOKEN, "content": text, "client_id": str(uuid.uuid4())}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        status = site.fetch(path, "POST", headers, urllib.parse.urlencode(form))[0]
    assert status in {200, 302, 403, 404, 405}, (path, who, text, status)
