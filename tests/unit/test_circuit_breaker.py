"""The circuit breaker, with a clock that the tests control."""

import pytest
from prometheus_client import REGISTRY

from caching import circuit_breaker as module
from caching.circuit_breaker import CircuitBreaker
from observability import log_limit


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    stopped = Clock()
    monkeypatch.setattr(module, "time", stopped)
    monkeypatch.setattr(log_limit, "time", stopped)
    return stopped


@pytest.fixture
def breaker(clock):
    return CircuitBreaker("Redis", failures=3, seconds=5)


def _fail(breaker, times):
    for _ in range(times):
        breaker.failed(OSError("gone"))


def test_breaker_opens_only_after_consecutive_failures(breaker):
    _fail(breaker, 2)
    breaker.succeeded()
    _fail(breaker, 2)
    assert breaker.lets_through()

    _fail(breaker, 1)
    assert breaker.is_open
    assert not breaker.lets_through()


def test_open_breaker_lets_one_call_through_after_its_delay(breaker, clock):
    _fail(breaker, 3)
    clock.now += 5

    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]


def test_successful_trial_call_closes_the_breaker(breaker, clock):
    _fail(breaker, 3)
    clock.now += 5
    breaker.lets_through()
    breaker.succeeded()

    assert not breaker.is_open
    assert breaker.lets_through()


def test_failed_trial_call_opens_the_breaker_for_the_same_delay(breaker, clock):
    _fail(breaker, 3)
    clock.now += 5
    breaker.lets_through()
    _fail(breaker, 1)
    clock.now += 4.9
    assert not breaker.lets_through()

    clock.now += 0.1
    assert breaker.lets_through()


def test_trial_call_that_never_ends_is_followed_by_another(breaker, clock):
    _fail(breaker, 3)
    clock.now += 5
    assert breaker.lets_through()
    assert not breaker.lets_through()

    clock.now += 5
    assert breaker.lets_through()


def test_background_work_passes_and_its_success_closes_the_breaker(breaker):
    _fail(breaker, 3)
    with breaker.ignored():
        assert breaker.lets_through()
    assert not breaker.lets_through()

    breaker.succeeded()
    assert breaker.lets_through()


def test_breaker_logs_at_most_once_a_minute(breaker, clock, caplog):
    for _ in range(100):
        _fail(breaker, 3)
        breaker.succeeded()

    assert len(caplog.records) <= 3
    clock.now += 60
    _fail(breaker, 3)
    assert "is skipped" in caplog.records[-1].getMessage()


def test_metrics_count_open_breakers_and_openings(breaker, clock):
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
