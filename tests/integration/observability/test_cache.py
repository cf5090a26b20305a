"""The cache backend counts each read once, and computes a value only once for concurrent requests."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache, caches
from django_redis import get_redis_connection

from caching import backend, read_counts

NOTHING_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def counted():
    """Return a function that returns the reads since the start of the test, by family and result."""
    before = Counter(read_counts.counts())

    def since() -> dict[tuple[str, str], int]:
        found: Counter[tuple[str, str]] = Counter()
        for (family, _, result), number in (Counter(read_counts.counts()) - before).items():
            found[family, result] += number
        return dict(found)

    return since


@pytest.fixture
def unreachable(settings):
    """Return a cache whose server is missing, with a separate circuit breaker."""
    settings.CACHES = settings.CACHES | {"away": settings.CACHES["default"] | {"LOCATION": NOTHING_LISTENS}}
    backend._breakers.pop(NOTHING_LISTENS, None)
    yield caches["away"]
    backend._breakers.pop(NOTHING_LISTENS, None)


def test_a_hit_and_a_miss(counted):
    cache.get("page:1")
    cache.set("page:1", "text")
    cache.get("page:1")

    assert counted() == {("page", "miss"): 1, ("page", "hit"): 1}


@pytest.mark.parametrize("value", [None, 0, "", [], False])
def test_stored_value_is_a_hit_also_if_it_is_false(counted, value):
    cache.set("page:empty", value)

    assert cache.get("page:empty", "default") == value
    assert cache.get_or_set("page:empty", "default") == value
    assert counted() == {("page", "hit"): 2}


def test_peek_returns_a_value_without_counting_the_read(counted):
    cache.set("page:1", "text")

    assert (cache.peek("page:1"), cache.peek("page:2")) == ("text", None)
    assert counted() == {}


def test_get_many_counts_each_key(counted):
    cache.set_many({"page:1": 1, "generation:2": "x"})

    assert cache.get_many(["page:1", "generation:2", "generation:3", "badges:1"]) == {
        "page:1": 1,
        "generation:2": "x",
    }
    assert counted() == {
        ("page", "hit"): 1,
        ("generation", "hit"): 1,
        ("generation", "miss"): 1,
        ("badges", "miss"): 1,
    }


def test_get_or_set_counts_once(counted):
    assert cache.get_or_set("page:1", lambda: "made") == "made"
    assert counted() == {("page", "miss"): 1}
    assert cache.get_or_set("page:1", lambda: "again") == "made"
    assert counted() == {("page", "miss"): 1, ("page", "hit"): 1}


def test_concurrent_requests_compute_a_value_once(counted):
    made, all_here = [], threading.Barrier(20)

    def make():
        made.append(1)
        threading.Event().wait(0.1)
        return "made"

    def fetch(_):
        all_here.wait()
        return caches["default"].get_or_set("page:wanted", make, 60)

    with ThreadPoolExecutor(20) as many:
        assert set(many.map(fetch, range(20))) == {"made"}
    assert len(made) == 1
    assert sum(counted().values()) == 20


def test_error_in_computing_a_value_releases_the_lock():
    with pytest.raises(ZeroDivisionError):
        cache.get_or_set("page:1", lambda: 1 / 0)

    assert cache.get_or_set("page:1", lambda: "made") == "made"


def test_request_that_waits_too_long_for_the_lock_computes_the_value(monkeypatch):
    monkeypatch.setattr(backend, "WAIT_SECONDS", 0.02)
    cache.add("lock:page:1", 1)  # The process that held this lock is gone.

    assert cache.get_or_set("page:1", lambda: "made") == "made"


def test_unknown_key_prefix_counts_as_other(counted):
    for key in ("bob:1", "page", "", "page:1:2"):
        cache.get(key)

    assert counted() == {("other", "miss"): 2, ("page", "miss"): 2}


@pytest.mark.parametrize("damaged", [b"\xc1", b"\x93\x01", b"\x80\x04\x95cos\nsystem\n"])
def test_damaged_value_is_an_error_and_is_recomputed(counted, damaged):
    get_redis_connection("default").set(cache.make_key("page:1"), damaged)

    assert cache.get("page:1", "default") == "default"
    assert cache.get_many(["page:1"]) == {}
    assert counted() == {("page", "error"): 2}
    cache.get_or_set("page:1", "new")
    cache.set("page:1", "new")
    assert cache.get("page:1") == "new"


def test_error_within_a_round_trip_leaves_no_answer_for_the_next_one():
    cache.set("test:other", 1)
    get_redis_connection().set(f"{cache.key_prefix}:limit:broken:7", "text")

    assert cache.count_in_windows("broken", 7, 60) is None
    assert [cache.count_in_windows("fine", 7, 60) for _ in range(3)] == [(0, 1), (0, 2), (0, 3)]
    assert cache.get("test:other") == 1


def test_reads_are_counted_by_view(browser_of, alice):
    before = Counter(read_counts.counts())
    browser_of(alice).get("/chats/unread/")
    found = Counter(read_counts.counts()) - before

    assert found["session", "chats:unread", "hit"] == 1
    assert found["page", "chats:unread", "miss"] == 1
    assert {view for _, view, _ in found} == {"chats:unread"}


def test_without_a_server_reads_find_nothing_and_writes_return_none(counted, unreachable):
    assert unreachable.get("page:1", "default") == "default"
    assert unreachable.get_many(["page:1"]) == {}
    for call in (unreachable.set, unreachable.add):
        assert call("page:1", 1) is None
    assert unreachable.delete("page:1") is None
    assert "page:1" not in unreachable
    assert unreachable.get_or_set("page:1", lambda: "made") == "made"
    # After three failures the breaker skips Redis.
    assert counted() == {("page", "error"): 2, ("page", "bypass"): 1}


def test_a_server_that_fails_is_logged_once(unreachable, caplog):
    for _ in range(50):
        unreachable.get("page:1")

    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "Redis failed",
        "Redis failed 3 times in a row and is skipped for 5 s at a time",
    ]


def test_hits_misses_bypasses_and_errors_add_up_to_all_reads(counted, unreachable, monkeypatch):
    """Compare the counts with a count of the calls in the test."""
    made: Counter[str] = Counter()
    for number in range(300):
        server = unreachable if number % 7 == 0 else cache
        family = ("page", "generation", "badges", "nobody's")[number % 4]
        key = f"{family}:{number % 11}"
        step = number % 5
        if step == 0:
            server.get(key)
        elif step == 1:
            server.get_or_set(key, number)
        elif step == 2:
            server.get_many([key, f"{key}-2", f"{key}-3"])
        elif step == 3:
            server.set(key, number)
            server.add(key, number)
            server.delete(f"{key}-2")
        else:
            server.set(key, number)
            server.has_key(key)
        made[family if family != "nobody's" else "other"] += (1, 1, 3, 0, 0)[step]

    found: Counter[str] = Counter()
    for (family, result), number in counted().items():
        assert result in read_counts.RESULTS
        found[family] += number
    assert found == made
    assert {result for _, result in counted()} == set(read_counts.RESULTS)
