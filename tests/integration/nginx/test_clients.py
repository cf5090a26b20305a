"""Client addresses behind the real nginx: log-in throttling and rate limits."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axes.models import AccessFailureLog

from tests.support.http_client.connection import fetch
from tests.support.nginx_site import HERE, OTHER_PLACES, PASSWORD, STRANGER, Site, nginx_before

pytestmark = pytest.mark.xdist_group("nginx")


def test_wrong_passwords_from_one_address_lock_out_no_other_address(site, anna):
    answers = [site.log_in(OTHER_PLACES).status for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert site.log_in(OTHER_PLACES, PASSWORD).status == 429

    stored = set(AccessFailureLog.objects.values_list("ip_address", flat=True))
    assert stored == {OTHER_PLACES}
    for address in (HERE, "2001:db8::5", "8.8.4.4"):
        assert site.log_in(address, PASSWORD).status == 302


def test_client_cannot_choose_its_address(site, anna):
    for number in range(5):
        site.log_in(f"6.6.6.{number}, {OTHER_PLACES}")

    assert site.log_in(f"6.6.6.9, {OTHER_PLACES}", PASSWORD).status == 429
    answer = site.fetch("GET", "/accounts/login/", HERE, **{"X-Real-IP": "7.7.7.7", "Client-IP": "8.8.8.8"})
    assert answer.status == 200
    said = (site.folder / "said").read_text()
    assert f"ip={HERE}" in said
    assert "7.7.7.7" not in said
    assert "8.8.8.8" not in said


def test_address_in_a_header_of_an_untrusted_client_is_ignored(site, anna):
    written = ["6.6.6.6", "2001:db8::6", "10.0.0.5", f"{HERE}, 127.0.0.1", "::ffff:8.8.8.8"]
    assert [site.log_in(one, source=STRANGER).status for one in written] == [200, 200, 200, 200, 429]

    assert {row.ip_address for row in AccessFailureLog.objects.all()} == {STRANGER}
    assert site.log_in(HERE, PASSWORD).status == 302


def test_known_browser_logs_in_from_a_locked_address(site, anna):
    first = site.log_in(HERE, PASSWORD)
    device = re.search(r"device=[^;]+", " ".join(first.headers.get_all("Set-Cookie")))[0]
    assert [site.log_in(HERE).status for _ in range(5)][-1] == 429

    assert site.log_in(HERE, PASSWORD).status == 429
    assert site.log_in(HERE, PASSWORD, cookie=device).status == 302


@pytest.mark.parametrize(
    ("addresses", "one_client"),
    [
        (["192.0.2.7"], True),
        ([f"2001:db8:2::{number:x}" for number in range(1, 30)], True),
        ([f"2001:db8:a0a:a0a:{number}::a" for number in range(1, 30)], True),
        ([f"::ffff:192.0.2.{number}" for number in range(100, 160)], False),
        ([f"2001:db8:3:{number:x}::1" for number in range(1, 60)], False),
    ],
)
def test_changes_are_limited_by_address_and_by_ipv6_network(site, db, addresses, one_client):
    """Each request has another session key, which a client can invent."""
    statuses = []
    for number in range(15):
        address = addresses[number % len(addresses)]
        answer = site.fetch("POST", "/chats/new/", address, "content=x", f"sessionid={number:032x}")
        statuses.append(answer.status)

    assert (429 in statuses) is one_client


@pytest.mark.parametrize(
    ("path", "place"),
    [("/chats/", 1), ("/chats/search/?q=a", 2), ("/events/", 3), ("/chats/people/?to=a", 4)],
)
def test_reads_are_limited_by_address_with_any_session(site, db, path, place):
    def fetch(address, count):
        return [site.fetch("GET", path, address, cookie=f"sessionid={n:032x}").status for n in range(count)]

    assert 429 in fetch(f"192.0.2.{90 + place}", 120)
    assert 429 not in fetch(f"192.0.4.{90 + place}", 20)


class Streaming(BaseHTTPRequestHandler):
    """A server whose response is a stream that does not end by itself."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.flush()
        self.server.over.wait(30)


@pytest.fixture
def streaming_port():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Streaming)
    server.over = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.over.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("addresses", "other"),
    [("192.0.2.7", "192.0.2.8"), ("2001:db8:5::{0}", "2001:db8:5:1::1"), ("::ffff:8.8.8.8", "8.8.4.4")],
)
def test_open_streams_are_limited_by_address_and_by_ipv6_network(tmp_path, streaming_port, addresses, other):
    with nginx_before(tmp_path, streaming_port, streaming_port, STREAMS="6") as port:
        site, opened = Site(port, streaming_port, tmp_path), []
        for number in range(1, 9):
            opened.append(site.open("GET", "/events/", addresses.format(number)))
        assert [answer.status for answer in opened] == [200] * 6 + [429] * 2
        assert site.open("GET", "/events/", other).status == 200


def test_header_with_a_script_name_is_ignored(site, db):
    headers = {"Host": "127.0.0.1", "SCRIPT_NAME": "/x", "PATH_INFO": "/"}

    assert fetch(f"http://127.0.0.1:{site.upstream}", "GET", "/accounts/login/", headers).status < 500


PASSWORD_PAGES = ["/accounts/login/", "/accounts/signup/", "/accounts/password/", "/admin/login/"]


@pytest.mark.parametrize("path", PASSWORD_PAGES)
@pytest.mark.parametrize("addresses", ["192.0.2.{0}", "2001:db8:4:{0}::{1:x}"])
def test_passwords_are_limited_by_address_and_by_ipv6_network(site, db, path, addresses):
    """Of 50 requests from one address, or one /64 network, about 31 are accepted."""
    place = 200 + PASSWORD_PAGES.index(path)
    statuses = [
        site.fetch("POST", path, addresses.format(place, number), "username=x").status for number in range(50)
    ]

    assert 30 <= len(statuses) - statuses.count(429) < 50
    assert site.fetch("POST", path, f"192.0.3.{place}", "username=x").status != 429
