"""The circuit breaker, on a clock of the test's own."""

import pytest
from prometheus_client import REGISTRY

from observability import breaker as module
from observability.breaker import Breaker


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    stopped = Clock()
    monkeypatch.setattr(module, "time", stopped)
    return stopped


@pytest.fixture
def breaker(clock):
    return Breaker("Redis", failures=3, seconds=5)


def _fail(breaker, times):
    for _ in range(times):
        breaker.failed(OSError("gone"))


def test_it_opens_after_failures_in_a_row_only(breaker):
    _fail(breaker, 2)
    breaker.succeeded()
    _fail(breaker, 2)
    assert breaker.lets_through()

    _fail(breaker, 1)
    assert breaker.is_open
    assert not breaker.lets_through()


def test_one_at_a_time_may_try_later(breaker, clock):
    _fail(breaker, 3)
    clock.now += 5

    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]


def test_a_try_that_succeeds_closes_it(breaker, clock):
    _fail(breaker, 3)
    clock.now += 5
    breaker.lets_through()
    breaker.succeeded()

    assert not breaker.is_open
    assert breaker.lets_through()


def test_a_try_that_fails_opens_it_for_as_long_again(breaker, clock):
    _fail(breaker, 3)
    clock.now += 5
    breaker.lets_through()
    _fail(breaker, 1)
    clock.now += 4.9
    assert not breaker.lets_through()

    clock.now += 0.1
    assert breaker.lets_through()


def test_a_try_that_never_ends_is_followed_by_another(breaker, clock):
    _fail(breaker, 3)
    clock.now += 5
    assert breaker.lets_through()
    assert not breaker.lets_through()

    clock.now += 5
    assert breaker.lets_through()


def test_background_work_passes_and_its_success_closes_it(breaker):
    _fail(breaker, 3)
    with breaker.ignored():
        assert breaker.lets_through()
    assert not breaker.lets_through()

    breaker.succeeded()
    assert breaker.lets_through()


def test_it_logs_once_a_minute_whatever_happens(breaker, clock, caplog):
    for _ in range(100):
        _fail(breaker, 3)
        breaker.succeeded()

    assert len(caplog.records) <= 3
    clock.now += 60
    _fail(breaker, 3)
    assert "left alone" in caplog.records[-1].getMessage()


def test_operators_see_how_many_are_open_and_how_often_one_opened(breaker, clock):
    def shown():
        names = ("bobbin_cache_breaker_open", "bobbin_cache_breaker_opened_total")
        return [REGISTRY.get_sample_value(name) for name in names]

    open_before, opened_before = shown()
    _fail(breaker, 3)
    clock.now += 5
    breaker.lets_through()
    _fail(breaker, 1)
    assert shown() == [open_before + 1, opened_before + 1]

    breaker.succeeded()
    assert shown() == [open_before, opened_before + 1]
