"""Redis stopped, frozen, silent, full, read-only, and restored.

Pages stay correct, and no user is logged out.
"""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from prometheus_client import REGISTRY

from accounts import sessions
from caching import backend, read_counts, retry_queue
from caching.generations import pending_invalidations
from caching.retry_queue import RetryQueue
from live.events import pending_events
from messaging.models import Message
from observability.metrics import PENDING_INVALIDATIONS
from tests.support.harmed_valkey import HARMS, Server, until

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ["/chats/", "/chats/unread/", "/chats/notifications/"]
BACK_WITHIN = 10  # Seconds until the cache is used again.


# Failures in which Redis keeps its data, so stale pages could return.
KEEPS = ["frozen", "full", "read-only"]


@pytest.fixture
def server(settings):
    """Use a separate Redis server as the cache.

    Its circuit breaker retries after half a second.
    """
    with tempfile.TemporaryDirectory(prefix="outage-", dir="/tmp") as folder:
        made = Server(Path(folder))
        made.start()
        location = f"unix://{made.socket}?db=0"
        settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": location}}
        cache.breaker.seconds = 0.5
        yield made
        made.process.kill()
        made.process.wait()
        # These invalidations can never be retried, so they must not outlive the test.
        for each in (pending_invalidations, sessions.pending_copies, pending_events):
            with each._lock:
                each._keys.clear()
        backend._breakers.pop(location, None)


@pytest.fixture
def failures():
    """Return a function that counts the results of requests to Redis since the start of the test."""
    before = Counter(read_counts.counts())

    def since() -> Counter[str]:
        found: Counter[str] = Counter()
        for (_, _, result), number in (Counter(read_counts.counts()) - before).items():
            found[result] += number
        return found

    return since


KEYS = 4  # The most keys of one call. Each counts.


def _hit(browser, page="/chats/") -> bool:
    return browser.get(page).headers.get("X-Cache") == "hit"


def _warm(*browsers) -> None:
    for browser in browsers:
        for page in PAGES:
            assert [_hit(browser, page) for _ in range(2)][1]


def _harm(server, kind) -> None:
    HARMS[kind][0](server)


def _repair(server, kind) -> None:
    HARMS[kind][1](server)
    until(server.answers)


@pytest.mark.parametrize("kind", HARMS)
def test_pages_stay_correct_during_an_outage_and_the_cache_is_used_again(
    server, kind, browser_of, message, alice, bob
):
    writer, reader = browser_of(alice), browser_of(bob)
    _warm(writer, reader)

    _harm(server, kind)
    for number in range(5):
        sent = writer.post("/chats/new/", {"to": bob.username, "content": f"number {number}"})
        assert sent.status_code == 302
        for browser in (writer, reader):
            assert f"number {number}" in browser.get("/chats/").content.decode()
        assert [reader.get(page).status_code for page in PAGES] == [200, 200, 200]
    assert Message.objects.filter(content__startswith="number").count() == 5
    latest = Message.objects.latest("pk")
    assert writer.post(f"/chats/message/{latest.pk}/edit/", {"content": "mended"}).status_code == 302
    assert "mended" in reader.get("/chats/").content.decode()
    assert (
        reader.get(f"/chats/thread/{latest.pk}/?at=1").status_code == 200
    )  # This marks the message as read.
    assert "mended" not in reader.get("/chats/unread/").content.decode()

    _repair(server, kind)
    until(lambda: _hit(reader) and _hit(writer), BACK_WITHIN)
    assert "mended" in reader.get("/chats/").content.decode()
    assert "mended" not in reader.get("/chats/unread/").content.decode()


@pytest.mark.parametrize("kind", HARMS)
def test_outage_logs_no_member_out_and_log_outs_stay_in_effect(server, kind, browser_of, bob):
    stays, goes = browser_of(bob), browser_of(bob)
    assert stays.get("/chats/").status_code == goes.get("/chats/").status_code == 200
    cookie = goes.cookies["sessionid"].value

    _harm(server, kind)
    assert goes.post("/accounts/logout/").status_code == 200
    assert stays.get("/chats/").status_code == 200
    comes = browser_of(bob)
    assert comes.get("/chats/").status_code == 200

    _repair(server, kind)
    until(lambda: not sessions.pending_copies.any())
    assert [browser.get("/chats/").status_code for browser in (stays, comes)] == [200, 200]
    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert thief.get("/chats/").status_code == 302


@pytest.mark.parametrize("kind", ["stopped", "frozen", "silent"])
def test_breaker_skips_redis_after_three_failures(server, kind, browser_of, message, bob, failures):
    cache.breaker.seconds = 600
    browser = browser_of(bob)
    _warm(browser)

    _harm(server, kind)
    for _ in range(10):
        assert browser.get("/chats/").status_code == 200
    found = failures()
    assert found["error"] <= 3 * KEYS
    assert found["bypass"] >= 20


def test_breaker_that_never_opens_is_detected(server, browser_of, message, bob, failures):
    """Prove that the test above can fail."""
    cache.breaker.failures = 10**6
    browser = browser_of(bob)
    server.stop()
    for _ in range(10):
        browser.get("/chats/")
    assert failures()["error"] > 3 * KEYS


def _seen_by_another_process(browser, monkeypatch) -> tuple[str, bool]:
    """Return the page and the cache hit that another process would show.

    That process did not detect the outage: it has no pending invalidations and no open breaker.
    """
    with monkeypatch.context() as other_place:
        other_place.setattr(RetryQueue, "any", lambda self: False)
        other_place.setattr(cache.breaker, "_closed_again_at", None)
        answer = browser.get("/chats/")
    return answer.content.decode(), answer.headers.get("X-Cache") == "hit"


@pytest.mark.parametrize("kind", KEEPS)
def test_another_process_shows_nothing_stale(server, kind, browser_of, message, alice, bob, monkeypatch):
    _change_while_away(server, kind, browser_of(bob), message)
    until(lambda: not pending_invalidations.any())
    assert REGISTRY.get_sample_value("bobbin_cache_pending_invalidations") == 0
    page, hit = _seen_by_another_process(browser_of(bob), monkeypatch)

    assert "CHANGED" in page
    assert not hit


@pytest.mark.parametrize("how", ["renamed", "erased"])
def test_another_process_shows_no_name_from_before_a_change(
    server, how, browser_of, message, alice, bob, monkeypatch
):
    _warm(browser_of(bob))
    _harm(server, "read-only")
    if how == "renamed":
        alice.username = "alicia"
        alice.save()
    else:
        alice.delete()
    _repair(server, "read-only")
    until(lambda: not pending_invalidations.any())
    page, hit = _seen_by_another_process(browser_of(bob), monkeypatch)

    assert 'data-counterpart="alice"' not in page
    assert not hit


def test_generations_that_are_never_invalidated_are_detected(server, browser_of, message, bob, monkeypatch):
    """Prove that the test above can fail."""
    # (A frozen server would still execute, once it continues, the commands that it received before the
    # time-out.)
    monkeypatch.setattr(RetryQueue, "enqueue", lambda self, keys: None)
    _change_while_away(server, "read-only", browser_of(bob), message)
    page, hit = _seen_by_another_process(browser_of(bob), monkeypatch)

    assert "CHANGED" not in page
    assert hit


def _change_while_away(server, kind, browser, message) -> None:
    _warm(browser)
    _harm(server, kind)
    message.edit("CHANGED", by=message.sender)
    _repair(server, kind)


def test_redis_empty_after_a_restart_revives_no_old_page(server, browser_of, message, bob):
    browser = browser_of(bob)
    _warm(browser)
    server.stop()
    server.start()
    message.edit("CHANGED", by=message.sender)

    until(lambda: _hit(browser), BACK_WITHIN)
    assert "CHANGED" in browser.get("/chats/").content.decode()


def test_many_pending_invalidations_become_one(server, monkeypatch):
    monkeypatch.setattr(retry_queue, "RETRY_SECONDS", 0.05)
    some = RetryQueue(most=10, instead="generation:all", gauge=PENDING_INVALIDATIONS)
    server.freeze()
    for number in range(25):
        some.enqueue({f"generation:{number}"})
    assert len(some._keys) <= 10
    assert 0 < REGISTRY.get_sample_value("bobbin_cache_pending_invalidations") <= 10
    server.thaw()
    until(lambda: not some.any())
    assert REGISTRY.get_sample_value("bobbin_cache_pending_invalidations") == 0


def test_outage_logs_only_a_few_lines(server, browser_of, message, bob, caplog):
    browser = browser_of(bob)
    server.stop()
    for _ in range(30):
        browser.get("/chats/")
    said = [record for record in caplog.records if record.name == "caching.circuit_breaker"]
    assert 1 <= len(said) <= 2
