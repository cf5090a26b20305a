"""The profiles of `make bench-http`, the fan-out of an event, and the help desks of `make bench-scale`."""

import time
from types import SimpleNamespace

import pytest

from bench import fan_out, help_desk, profiles
from bench.under_load import clients

FAILURES = [
    "/chats/: status 429", "/chats/: status 503", "/chats/: ConnectionRefusedError: [Errno 111] refused",
    "/chats/: status 500", "/chats/unread/: status 500", "/chats/: TimeoutError: timed out",
    "/chats/: holds no 'status 429'",
]  # fmt: skip


def test_refused_requests_are_counted_apart_from_other_wrong_responses():
    refused, errors = profiles.wrong_responses(FAILURES)

    assert refused == 3
    assert errors == {"status 500": 2, "TimeoutError: timed out": 1, "holds no 'status 429'": 1}


class Answers:
    """A browser whose requests all succeed at once."""

    def fetch(self, port, visit, client_id=""):
        return 200, {}, b""


def _slice(visit, seconds):
    made = clients.Slice(0, seconds, [])
    made.until = time.perf_counter() + seconds
    made.loop(Answers(), [visit])
    return made


def test_paced_visits_are_due_at_fixed_times_and_counted_apart():
    made = _slice({"path": "/", "every": 0.1}, 1)

    assert made.took == []
    assert 1 <= len(made.paced) == made.requested <= 10


def test_request_that_the_end_of_a_slice_interrupts_counts_in_part():
    made = clients.Slice(0, 1.0, [])
    made.until = 10.0
    for began, ended in ((9.0, 9.5), (9.5, 10.0), (9.5, 11.5)):
        made._count({}, began, ended)

    assert made.completed == 2.25
    assert made.took == [0.5, 0.5, 2.0]


def test_wrong_response_counts_as_failure_and_not_for_the_rate():
    made = _slice({"path": "/", "holds": ["Hello"]}, 0.001)

    assert made.took == []
    assert set(made.failures) == {"/: holds no 'Hello'"}


def test_fan_out_counts_the_arrivals_at_each_stream():
    listeners = [SimpleNamespace(received={1: 10.5, 2: 11.25}), SimpleNamespace(received={1: 10.25, 3: 12})]
    arrived = fan_out.delays(
        SimpleNamespace(listeners=listeners), SimpleNamespace(committed={1: 10.0, 2: 11.0})
    )

    assert sorted(arrived) == [250.0, 250.0, 500.0]


@pytest.mark.parametrize(
    ("blocks", "ms", "verdict"), [(120, 0.12, "reached"), (121, 0.1, "missed"), (100, 0.13, "missed")]
)
def test_help_desk_reaches_its_target_by_blocks_and_by_time(blocks, ms, verdict):
    desks = [_desk(10, 300, 0.3), _desk(help_desk.OTHER, 100, 0.1), _desk(100_000, blocks, ms)]
    row = help_desk._row("/chats/", desks)

    assert row[1:4] == ["300, 0.30", "100, 0.10", f"{blocks}, {ms:.2f}"]
    assert row[4:] == [f"{blocks / 100:.2f}, {ms / 0.1:.2f}", f"at most 1.2: {verdict}"]


def _desk(count, blocks, ms):
    return SimpleNamespace(count=count, blocks=lambda _: blocks, milliseconds=lambda _: ms)
