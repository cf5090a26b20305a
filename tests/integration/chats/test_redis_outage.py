"""Redis stopped, frozen, silent, full, read-only, and back: pages are right, and nobody is logged out."""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from harmed_valkey import HARMS, Server, until
from prometheus_client import REGISTRY

from accounts import sessions
from chats.cache import Debts, debts
from chats.live.notices import untold
from messaging.models import Message
from observability import cache as backend
from observability import debts as debts_module
from observability.metrics import EPOCH_DEBTS

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ["/chats/", "/chats/unread/", "/chats/notifications/"]
BACK_WITHIN = 10  # Seconds until the cache is in use again.


# What keeps its data meanwhile: pages of before could come back.
KEEPS = ["frozen", "full", "read-only"]


@pytest.fixture
def server(settings):
    """The cache, for this test, with a breaker that tries again after half a second."""
    with tempfile.TemporaryDirectory(prefix="outage-", dir="/tmp") as folder:
        made = Server(Path(folder))
        made.start()
        location = f"unix://{made.socket}?db=0"
        settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": location}}
        cache.breaker.seconds = 0.5
        yield made
        made.process.kill()
        made.process.wait()
        # Debts that nobody can pay any more must not outlive the test.
        for each in (debts, sessions.debts, untold):
            with each._lock:
                each._keys.clear()
        backend._breakers.pop(location, None)


@pytest.fixture
def failures():
    """How often Redis was asked in vain since the test began, and how often it was spared."""
    before = Counter(backend.counts())

    def since() -> Counter[str]:
        found: Counter[str] = Counter()
        for (_, _, result), number in (Counter(backend.counts()) - before).items():
            found[result] += number
        return found

    return since


def _hit(browser, page="/chats/") -> bool:
    return browser.get(page).headers.get("X-Cache") == "hit"


def _warm(*browsers) -> None:
    for browser in browsers:
        for page in PAGES:
            assert [_hit(browser, page) for _ in range(2)][1]


def _harm(server, kind) -> None:
    HARMS[kind][0](server)


def _mend(server, kind) -> None:
    HARMS[kind][1](server)
    until(server.answers)


@pytest.mark.parametrize("kind", HARMS)
def test_all_goes_on_and_the_cache_is_used_again(server, kind, browser_of, message, alice, bob):
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
    assert reader.get(f"/chats/thread/{latest.pk}/").status_code == 200  # Marks it as read.
    assert "mended" not in reader.get("/chats/unread/").content.decode()

    _mend(server, kind)
    until(lambda: _hit(reader) and _hit(writer), BACK_WITHIN)
    assert "mended" in reader.get("/chats/").content.decode()
    assert "mended" not in reader.get("/chats/unread/").content.decode()


@pytest.mark.parametrize("kind", HARMS)
def test_nobody_is_logged_out_and_who_logs_out_stays_so(server, kind, browser_of, bob):
    stays, goes = browser_of(bob), browser_of(bob)
    assert stays.get("/chats/").status_code == goes.get("/chats/").status_code == 200
    cookie = goes.cookies["sessionid"].value

    _harm(server, kind)
    assert goes.post("/accounts/logout/").status_code == 302
    assert stays.get("/chats/").status_code == 200
    comes = browser_of(bob)
    assert comes.get("/chats/").status_code == 200

    _mend(server, kind)
    until(lambda: not sessions.debts.any())
    assert [browser.get("/chats/").status_code for browser in (stays, comes)] == [200, 200]
    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert thief.get("/chats/").status_code == 302


@pytest.mark.parametrize("kind", ["stopped", "frozen", "silent"])
def test_after_three_failures_it_is_left_alone(server, kind, browser_of, message, bob, failures):
    cache.breaker.seconds = 600
    browser = browser_of(bob)
    _warm(browser)

    _harm(server, kind)
    for _ in range(10):
        assert browser.get("/chats/").status_code == 200
    found = failures()
    assert found["error"] <= 3
    assert found["bypass"] >= 20


def test_a_breaker_that_never_opens_is_noticed(server, browser_of, message, bob, failures):
    """The test above must be able to fail."""
    cache.breaker.failures = 10**6
    browser = browser_of(bob)
    server.stop()
    for _ in range(10):
        browser.get("/chats/")
    assert failures()["error"] > 3


def _seen_elsewhere(browser, monkeypatch) -> tuple[str, bool]:
    """What a process shows that did not notice the outage: neither debts nor an open breaker."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(Debts, "any", lambda self: False)
        elsewhere.setattr(cache.breaker, "_closed_again_at", None)
        answer = browser.get("/chats/")
    return answer.content.decode(), answer.headers.get("X-Cache") == "hit"


@pytest.mark.parametrize("kind", KEEPS)
def test_another_process_shows_nothing_stale(server, kind, browser_of, message, alice, bob, monkeypatch):
    _change_while_away(server, kind, browser_of(bob), message)
    until(lambda: not debts.any())
    assert REGISTRY.get_sample_value("bobbin_cache_epoch_debts") == 0
    page, hit = _seen_elsewhere(browser_of(bob), monkeypatch)

    assert "CHANGED" in page
    assert not hit


@pytest.mark.parametrize("how", ["renamed", "erased"])
def test_another_process_shows_no_member_as_before(server, how, browser_of, message, alice, bob, monkeypatch):
    _warm(browser_of(bob))
    _harm(server, "read-only")
    if how == "renamed":
        alice.username = "alicia"
        alice.save()
    else:
        alice.delete()
    _mend(server, "read-only")
    until(lambda: not debts.any())
    page, hit = _seen_elsewhere(browser_of(bob), monkeypatch)

    assert 'data-counterpart="alice"' not in page
    assert not hit


def test_epochs_that_are_never_ended_are_noticed(server, browser_of, message, bob, monkeypatch):
    """The test above must be able to fail."""
    # (A frozen server carries out what it was told before the time-out as soon as it goes on.)
    monkeypatch.setattr(Debts, "owe", lambda self, keys: None)
    _change_while_away(server, "read-only", browser_of(bob), message)
    page, hit = _seen_elsewhere(browser_of(bob), monkeypatch)

    assert "CHANGED" not in page
    assert hit


def _change_while_away(server, kind, browser, message) -> None:
    _warm(browser)
    _harm(server, kind)
    message.edit("CHANGED", by=message.sender)
    _mend(server, kind)


def test_empty_after_a_restart_it_brings_nothing_old_back(server, browser_of, message, bob):
    browser = browser_of(bob)
    _warm(browser)
    server.stop()
    server.start()
    message.edit("CHANGED", by=message.sender)

    until(lambda: _hit(browser), BACK_WITHIN)
    assert "CHANGED" in browser.get("/chats/").content.decode()


def test_many_debts_become_one(server, monkeypatch):
    monkeypatch.setattr(debts_module, "RETRY_SECONDS", 0.05)
    some = Debts(most=10, instead="epoch:all", gauge=EPOCH_DEBTS)
    server.freeze()
    for number in range(25):
        some.owe({f"epoch:{number}"})
    assert len(some) <= 10
    assert 0 < REGISTRY.get_sample_value("bobbin_cache_epoch_debts") <= 10
    server.thaw()
    until(lambda: not some.any())
    assert REGISTRY.get_sample_value("bobbin_cache_epoch_debts") == 0


def test_the_log_stays_short(server, browser_of, message, bob, caplog):
    browser = browser_of(bob)
    server.stop()
    for _ in range(30):
        browser.get("/chats/")
    said = [record for record in caplog.records if record.name == "observability.breaker"]
    assert 1 <= len(said) <= 2
