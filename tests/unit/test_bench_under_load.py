"""The browsers of `make bench-http`, its floors, and the verdicts on its figures."""

import runpy
import socket
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.under_load import slices
from bench.under_load.browser import Browser, ClosedError
from bench.under_load.clients import wrong_with
from bench.under_load.figures import HEADER, Figure, Speed, without_plain
from bench.under_load.visits import Kind

ROOT = Path(__file__).parents[2]
PAGE = b'HTTP/1.1 200 OK\r\nETag: "one"\r\nX-Cache: hit\r\nContent-Length: 5\r\n\r\n'
UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\nContent-Length: 5\r\n\r\n'
VISIT = {"path": "/chats/", "cookie": "sessionid=a", "status": 304}


@pytest.fixture
def serve():
    """Return a function that serves one connection for each list of responses; it returns port and requests.

    Each response is a list of packets. The server closes a connection after its last response.
    """
    listener, received = socket.create_server(("127.0.0.1", 0)), []

    def run(connections):
        for responses in connections:
            client, _ = listener.accept()
            with client:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for packets in responses:
                    received.append(client.recv(65_536).decode())
                    for packet in packets:
                        client.sendall(packet)

    def start(*connections):
        threading.Thread(target=run, args=(connections,), daemon=True).start()
        return listener.getsockname()[1], received

    yield start
    listener.close()


def test_browser_reads_a_response_of_several_packets(serve):
    port, _ = serve([[PAGE[:20], PAGE[20:], b"He", b"llo"]])
    status, head, body = Browser().fetch(port, {"path": "/", "cookie": ""})

    assert (status, body) == (200, b"Hello")
    assert (head.get("x-cache"), head.get("X-Query-Count", "none")) == ("hit", "none")


def test_browser_revalidates_a_page_that_it_has(serve):
    port, received = serve([[PAGE, b"Hello"], [UNCHANGED]])
    browser = Browser()

    assert [browser.fetch(port, VISIT)[0] for _ in range(2)] == [200, 304]
    assert "If-None-Match" not in received[0]
    assert 'If-None-Match: "one"\r\n' in received[1]


def test_browser_does_not_revalidate_for_visits_that_expect_a_page(serve):
    port, received = serve([[PAGE, b"Hello"], [PAGE, b"Hello"]])
    browser = Browser()
    browser.fetch(port, VISIT)
    browser.fetch(port, {"path": "/chats/", "cookie": ""})

    assert not [text for text in received if "If-None-Match" in text]


def test_browser_repeats_a_request_once_when_the_server_closes(serve):
    port, received = serve([[]], [[PAGE, b"Hello"]], [[]], [[]])
    browser = Browser()

    assert browser.fetch(port, VISIT)[0] == 200
    assert len(received) == 2
    browser.left = 0
    with pytest.raises(ClosedError):
        browser.fetch(port, VISIT)


def test_response_304_is_accepted_only_without_body_and_where_it_is_expected():
    assert wrong_with(VISIT, 304, {}, b"") == ""
    assert wrong_with(VISIT, 304, {}, b"Hello") == "a body with status 304"
    assert wrong_with(VISIT, 200, {}, b"Hello") == "status 200"
    assert wrong_with({"path": "/"}, 304, {}, b"") == "status 304"


def test_warm_up_accepts_a_page_that_the_browser_does_not_have_yet():
    assert wrong_with(slices._warming(VISIT), 200, {}, b"Hello") == ""
    assert wrong_with(slices._warming({"path": "/"}), 304, {}, b"") == "status 304"


class Reports:
    """Browsers that report these failures, a list for each slice."""

    def __init__(self, *failures):
        self.failures = list(failures)

    def run(self, *slice_):
        failures = self.failures.pop(0) if self.failures else []
        return {
            "rate": 5.0, "requested": 1, "took": [0.2], "paced": [], "failures": failures, "acknowledged": [],
        }  # fmt: skip


def _time(*failures):
    """Return the speed of a slice. The list of failures of each warm-up precedes that of its slice."""
    speed = Speed()
    slices.Load(Reports(*failures)).time(SimpleNamespace(cpu_seconds=lambda: 0.0), 0, [[]], speed)
    return speed.rates


def test_slice_whose_pages_were_not_cached_is_repeated_twice():
    uncached = ["/chats/: status 200", "/chats/: cache: miss instead of hit"]

    assert _time([], uncached, [], uncached, [], []) == [5.0]
    with pytest.raises(slices.UncachedError):
        _time([], uncached, [], uncached, [], uncached)


@pytest.mark.parametrize("wrong", ["/chats/: status 500", "/chats/: shows somebody else's counterparts"])
def test_slice_with_another_wrong_response_is_not_repeated(wrong):
    with pytest.raises(slices.WrongAnswersError, match="2 answers were wrong"):
        _time([], ["/chats/: status 200", wrong], [], [])


def _figure(**floors):
    work = Speed([200.0, 100.0, 300.0], [0.004, 0.002, 0.003])
    return Figure(20_000, "2", work, took=[0.01, 0.02, 0.03], **floors)


def test_line_has_the_ratios_to_both_floors_and_the_requests_of_a_core():
    floors = {"floor": Speed([400.0, 400.0, 400.0]), "plain": Speed([100.0, 200.0, 400.0], [0.001] * 3)}
    row = dict(zip(HEADER, _figure(**floors).row(Kind("inbox", [], 0.5, 0.8)), strict=True))

    assert (row["requests/s"], row["of the floor"], row["of the plain floor"]) == ("200", "0.50", "0.75")
    assert (row["CPU ms"], row["CPU ms, plain floor"], row["requests/s and core"]) == ("3.00", "1.00", "333")
    assert row["to reach"] == "at least 0.5 of the floor: reached, at least 0.8 of the plain floor: missed"


def test_line_without_the_plain_floor_has_no_verdict_on_it():
    row = without_plain(_figure(floor=Speed([400.0] * 3)).row(Kind("inbox", [], 0.6, 0.1)))

    assert "" not in row
    assert len(row) == len(without_plain(HEADER)) == len(HEADER) - 2
    assert row[-1] == "at least 0.6 of the floor: missed"


def test_plain_floor_has_the_gunicorn_settings_of_bobbin_without_its_hooks():
    bobbins = runpy.run_path(str(ROOT / "services/web/gunicorn.conf.py"))
    plain = runpy.run_path(str(ROOT / "bench/under_load/plain_gunicorn.py"))
    same = ("bind", "workers", "threads", "timeout", "keepalive", "max_requests", "preload_app")

    assert [plain[name] for name in same] == [bobbins[name] for name in same]
    assert not {"on_starting", "post_fork", "post_worker_init", "child_exit"} & plain.keys()
    assert plain["worker_class"].__mro__[1].__module__ == "config.workers"
