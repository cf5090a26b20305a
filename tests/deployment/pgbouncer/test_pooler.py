"""Bobbin behind PgBouncer in transaction mode: all features work under load, and sessions leave no state."""

import http.client
import json
import time

import pytest

from tests.deployment.pgbouncer import manifests
from tests.deployment.pgbouncer.behind import direct
from tests.deployment.pgbouncer.crowd import Busy, Counted
from tests.deployment.pgbouncer.pgbouncer import POOL_SIZE
from tests.support.audit import FIND, WRONG_COUNTERS, Found, compare
from tests.support.black_box import SITE
from tests.support.harmed_valkey import until
from tests.support.http_client.connection import Connection
from tests.support.http_client.member import Member

THREADS, ROUNDS, STREAMS = 8, 8, 3
THREADS_OF_EVENTS = 4  # See live/queries.py: each thread keeps its connection.
NOT_BUILT_IN = {"wal_compression"}  # The PostgreSQL of the tests is built without LZ4.
AFTER = "SELECT coalesce(max(id), 0) FROM messaging_message"
EDITED = """
SELECT m.client_id::text, m.content, m.edited, count(h.id)
FROM messaging_message m LEFT JOIN messaging_messagehistory h ON h.message_id = m.id
WHERE m.id > %s GROUP BY m.id
"""
IMPORTED = """
SELECT count(*) FROM messaging_message m JOIN accounts_user u ON u.id = m.sender_id
WHERE u.username = 'imported1'
"""
BATCH = 2_000  # Batch size of the import.
# Settings of the role, which replace those that each session would set.
OF_THE_ROLE = {"plan_cache_mode": "force_generic_plan", "statement_timeout": "30s", "lock_timeout": "0"}


@pytest.fixture(scope="module")
def members(site):
    made = [Counted(site.url, f"member{number}") for number in range(THREADS)]
    for member in made:
        member.sign_up()
    yield made
    for member in made:
        member.delete_account()


def test_session_settings_of_one_client_reach_other_clients(pgbouncer):
    """Session settings of one client affect others, which is the reason for all tests here."""
    with pgbouncer.connect() as one:
        one.execute("SET statement_timeout = '12s'")
        with pgbouncer.every_connection() as clients:
            found = [client.execute("SHOW statement_timeout").fetchone()[0] for client in clients]
        assert sorted(found) == ["12s", "30s", "30s"]
        with pgbouncer.every_connection() as clients:
            for client in clients:
                client.execute("RESET statement_timeout")


def test_postgresql_knows_every_setting_of_the_cluster():
    with direct() as connection:
        known = {name for (name,) in connection.execute("SELECT name FROM pg_settings")}
        parameters = manifests.cluster()["postgresql"]["parameters"]
        assert parameters.keys() - known == set()
        for name in parameters.keys() - NOT_BUILT_IN:
            connection.execute(f"ALTER SYSTEM SET {name} = '{parameters[name]}'")
            connection.execute(f"ALTER SYSTEM RESET {name}")


def test_all_clients_of_the_pooler_use_tls(pgbouncer, members):
    assert members[0].get("/chats/").status == 200

    used = pgbouncer.tls_of_clients()
    assert used
    assert all(version.startswith("TLSv1.") for version in used)


def test_await_database_sees_migrations_that_bypassed_the_pooler(site):
    assert "TRANSACTION_POOLER" not in site.direct_env  # So the Job sets its limits in its session.
    site.manage("await_database", "--migrated", "--seconds=1")


def test_site_suite_passes_behind_the_pooler(site):
    said = site.run(*SITE, env=site.env | {"BASE_URL": site.url})

    assert " passed" in said


def test_eight_concurrent_members_lose_no_message(site, pgbouncer, members):
    with direct() as connection:
        after = connection.execute(AFTER).fetchone()[0]
        ids = dict(connection.execute("SELECT username, id FROM accounts_user").fetchall())
    busy = [Busy(site.url, member, members[n ^ 1], ROUNDS) for n, member in enumerate(members)]
    Counted.statuses.clear()
    for each in busy:
        each.start()
    pools = []
    while any(each.is_alive() for each in busy):
        pools.append(pgbouncer.pool())
        time.sleep(0.05)

    assert {status for status in Counted.statuses if status >= 400} == set()
    assert all(each.is_done for each in busy)  # pytest reports the exception of a thread as a warning.
    # All eight threads of web are clients, and server connections never exceed the size of the pool.
    assert max(pool["cl_active"] + pool["cl_waiting"] for pool in pools) >= THREADS
    assert max(pool["sv_active"] for pool in pools) == POOL_SIZE

    with direct() as connection:
        found = [Found(*row) for row in connection.execute(FIND, [after])]
        edited = {client_id: row for client_id, *row in connection.execute(EDITED, [after])}
        wrong_counters = connection.execute(WRONG_COUNTERS).fetchone()[0]
        passers = connection.execute(
            "SELECT count(*) FROM accounts_user WHERE username ~ '^passer'"
        ).fetchone()
    meant = [sent for each in busy for sent in each.meant(ids)]
    result = compare(meant, found)._replace(wrong_counters=wrong_counters)
    print(result)
    assert result.is_clean, str(result)
    assert {row.client_id for row in found} == {sent.client_id for sent in meant}
    assert passers == (0,)
    for each in busy:
        for client_id, times in each.edits.items():
            assert edited[client_id] == [f"{client_id}, edited {times}", True, times]


def test_import_changes_no_limits_of_other_clients(site, pgbouncer):
    """A running import may change limits only for its own statements."""
    with site.started("import_messages", "-") as importing:
        importing.stdin.write("".join(map(line, range(1, BATCH + 1))))
        importing.stdin.flush()
        until(lambda: imported() == BATCH)
        found = settings_everywhere(pgbouncer)
        said, _ = importing.communicate(line(BATCH + 1), timeout=60)

    assert f"{BATCH + 1:,} messages added" in said
    assert found == [OF_THE_ROLE] * POOL_SIZE


def line(number: int) -> str:
    record = {"id": number, "sender": "imported1", "receiver": "imported2", "content": f"Line {number}"}
    return json.dumps(record | {"timestamp": "2024-01-01T00:00:00Z", "parent": None}) + "\n"


def imported() -> int:
    with direct() as connection:
        return connection.execute(IMPORTED).fetchone()[0]


def test_streams_share_the_connections_of_a_few_threads(site, members):
    alice, bob = members[:2]
    alice.send(bob, "Before")
    listeners = [(member, *stream(site, member)) for member in members for _ in range(STREAMS)]
    try:
        assert len(listeners) > THREADS_OF_EVENTS
        assert site.connections_of_events() <= THREADS_OF_EVENTS

        root = alice.send(bob, "Can you hear me?")
        received = [next_data(response)["message"] for member, _, response in listeners if member is bob]
        assert received == [root] * STREAMS
        assert site.connections_of_events() <= THREADS_OF_EVENTS
    finally:
        for _, connection, _ in listeners:
            connection.close()


def test_every_connection_has_the_settings_of_the_role_at_the_end(pgbouncer):
    assert settings_everywhere(pgbouncer) == [OF_THE_ROLE] * POOL_SIZE


def settings_everywhere(pgbouncer) -> list[dict[str, str]]:
    with pgbouncer.every_connection() as clients:
        return [
            {name: client.execute(f"SHOW {name}").fetchone()[0] for name in OF_THE_ROLE} for client in clients
        ]


def stream(site, member: Member) -> tuple[Connection, http.client.HTTPResponse]:
    connection = Connection(f"http://127.0.0.1:{site.events_port}")
    response = connection.open("GET", "/events/", {"Cookie": member.cookie})
    assert response.status == 200
    return connection, response


def next_data(response: http.client.HTTPResponse) -> dict:
    while line := response.readline().decode():
        if line.startswith("data:"):
            return json.loads(line.removeprefix("data:"))
    raise AssertionError("the stream has ended")
