"""Health probes, and pages during an outage of PostgreSQL or Redis."""

import logging
import socket
import threading
import time

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django_redis import get_redis_connection

from observability import health, metrics


@pytest.fixture
def probe(monkeypatch):
    """Return a new middleware, because an instance remembers that migrations were applied."""
    return health.HealthMiddleware(lambda request: None)


def test_healthz_makes_no_query(client, django_assert_num_queries):
    # Any query would raise an error without the fixture `db`.
    response = client.get("/healthz", headers={"Host": "10.0.0.7"})

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert not response.cookies


@pytest.mark.django_db(transaction=True)
def test_readyz_answers_any_host_without_a_session(client):
    response = client.get("/readyz", headers={"Host": "10.0.0.7"})

    assert (response.status_code, response.json()) == (200, {"status": "ok", "redis": True})
    assert not response.cookies
    assert client.get("/chats/", headers={"Host": "10.0.0.7"}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_readyz_reports_a_missing_migration(rf, probe):
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'notifications' RETURNING app, name, applied"
        )
        rows = cursor.fetchall()
    try:
        response = probe(rf.get("/readyz"))
        assert response.status_code == 503
        assert b"migrations are missing" in response.content
    finally:
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", rows)
    assert probe(rf.get("/readyz")).status_code == 200


def test_readyz_without_postgresql(rf, probe, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nonexistent")
    response = probe(rf.get("/readyz"))

    assert response.status_code == 503
    assert b"PostgreSQL is not available" in response.content


def test_readyz_with_a_postgresql_that_does_not_respond_times_out(rf, probe, monkeypatch):
    """The socket accepts connections, but never responds. The probe must not pile up threads."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        monkeypatch.setitem(connection.settings_dict, "HOST", host)
        monkeypatch.setitem(connection.settings_dict, "PORT", port)
        before = threading.active_count()
        answers = [probe(rf.get("/readyz")) for _ in range(2)]

        assert {answer.status_code for answer in answers} == {503}
        assert b"did not answer within 1 s" in answers[0].content
        assert threading.active_count() <= before + 1


@pytest.fixture
def without_redis(settings):
    """Point the settings at a port without Redis, which also drops existing connections."""
    default = settings.CACHES["default"]
    settings.CACHES = {"default": default | {"LOCATION": "redis://127.0.0.1:1/0"}}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seconds", [-172_800, 0, 172_800])
def test_readyz_measures_the_difference_to_the_clock_of_postgresql(client, monkeypatch, seconds):
    clock = time.time
    monkeypatch.setattr(health.time, "time", lambda: clock() + seconds)
    assert client.get("/readyz").status_code == 200
    assert metrics.CLOCK_OFFSET.collect()[0].samples[0].value == pytest.approx(abs(seconds), abs=1)


@pytest.mark.django_db(transaction=True)
def test_readyz_without_redis_is_degraded_but_ready(without_redis, client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "degraded", "redis": False})


@pytest.mark.django_db(transaction=True)
def test_pages_without_redis_work(without_redis, browser_of, message, bob):
    client = browser_of(bob)
    for page in ("/chats/", "/chats/unread/", f"/chats/thread/{message.pk}/?at=1", "/chats/notifications/"):
        assert client.get(page).status_code == 200
    assert client.post(f"/chats/message/{message.pk}/reply/", {"content": "still here"}).status_code == 302
    assert "still here" in client.get("/chats/").content.decode()


def test_redis_is_available_in_the_other_tests():
    assert get_redis_connection("default").ping()


@pytest.mark.django_db
def test_page_without_postgresql_explains_the_outage_and_recovers(browser_of, alice, monkeypatch, caplog):
    client = browser_of(alice)
    client.raise_request_exception = False
    caplog.set_level(logging.CRITICAL)

    def refuse(*args, **kwargs):
        raise OperationalError("connection refused")

    with monkeypatch.context() as away:
        away.setattr("django.db.backends.utils.CursorWrapper.execute", refuse)
        response = client.get("/chats/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "Your messages are safe" in response.content.decode()
    assert client.get("/chats/").status_code == 200


@pytest.mark.django_db
def test_any_other_error_is_a_500_without_details(browser_of, alice, monkeypatch, caplog):
    client = browser_of(alice)
    client.raise_request_exception = False
    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr("chats.views.reading.list_page", lambda *args: 1 / 0)
    response = client.get("/chats/")

    assert response.status_code == 500
    assert "ZeroDivisionError" not in response.content.decode()


def test_page_that_does_not_exist_has_the_404_page_of_bobbin():
    response = Client().get("/no/such/page")

    assert response.status_code == 404
    assert "Page not found" in response.content.decode()
