"""The request log of nginx contains the route, but no path, query or name."""

import secrets
import socket
import time
from importlib import import_module

import pytest
from django.urls import reverse

pytestmark = pytest.mark.xdist_group("nginx")

SECRET = "umbrellaword"
ROUTES = {
    f"/accounts/language/?{SECRET}": "/accounts/language/",
    f"/chats/search/?q={SECRET}+from:bob": "/chats/search/",
    f"/chats/people/?to={SECRET}": "/chats/people/",
    f"/chats/find/?q={SECRET}": "/chats/find/",
    f"/chats/with/{SECRET}/": "/chats/with/<username>/",
    f"/chats/with/{SECRET}/?from=1": "/chats/with/<username>/",
    f"/chats/with/{SECRET}%2F%0A/": "/chats/with/<username>/",
    f"/chats/with//{SECRET}/": "(no route)",
    f"/chats/message/12/history/?before={SECRET}": "/chats/message/<id>/history/",
    f"/chats/message/{SECRET}/history/": "(no route)",
    f"/accounts/login/?next=/chats/with/{SECRET}/": "/accounts/login/",
    f"/chats/{SECRET}/": "(no route)",
    f"/{SECRET}": "(no route)",
    f"/admin/?q={SECRET}": "/admin/",
    f"/admin/accounts/user/?q={SECRET}": "/admin/",
    f"/static/{SECRET}%20x": "(no route)",
    f"/static/../chats/with/{SECRET}/": "(no route)",
    f"/static/chats//{SECRET}.css": "(no route)",
    f"/static/chats/.{SECRET}": "(no route)",
    f"/static/{SECRET}/": "(no route)",
    "/static/chats/bobbin.css?x": "/static/chats/bobbin.css",
    f"/accounts/recover/7/{SECRET}/": "/accounts/recover/<id>/<token>/",
    f"/events/?last={SECRET}": "/events/",
    f"/metrics/{SECRET}": "(no route)",
    f"/?{SECRET}": "/",
}


VALUES = {"pk": 12, "username": "alice", "token": "c8x2-0123456789abcdef"}


def test_every_page_has_a_route(site, db):
    pages = [
        reverse(f"{app}:{one.name}", kwargs={name: VALUES[name] for name in one.pattern.converters})
        for app in ("chats", "labs", "notifications", "accounts")
        for one in import_module(f"{app}.urls").urlpatterns
    ]
    traces = {f"page-{secrets.token_hex(4)}": page for page in pages}
    for trace, page in traces.items():
        site.fetch("GET", page, "192.0.2.202", **{"X-Request-ID": trace})
    routes = {page: line["route"] for trace, page in traces.items() for line in site.logged(trace)}

    assert len(routes) == len(set(pages))
    assert [page for page, route in routes.items() if route == "(no route)"] == []


@pytest.mark.parametrize("address", ROUTES)
def test_request_log_of_nginx_holds_the_route_and_no_path_or_query(site, db, address):
    trace = f"route-{secrets.token_hex(4)}"
    site.fetch(
        "GET",
        address,
        "192.0.2.201",
        **{"X-Request-ID": trace, "Referer": f"http://x/{SECRET}", "User-Agent": SECRET},
    )

    assert [line["route"] for line in site.logged(trace)] == [ROUTES[address]]
    for name in ("access.log", "error.log", "said"):
        file = site.folder / name
        assert not file.exists() or SECRET not in file.read_text()


@pytest.mark.parametrize(
    "refused",
    [
        ("GET", f"/chats/with/{SECRET}/?{'x' * 9_000}", None, {}),
        ("PROPFIND", f"/chats/with/{SECRET}/", None, {}),
        ("POST", f"/chats/with/{SECRET}/", "x" * 300_000, {}),
        ("GET", f"/chats/with/{SECRET}/", None, {"X-Long": "x" * 40_000}),
        ("GET", f"/events/{SECRET}", None, {}),
    ],
)
def test_requests_that_nginx_refuses_are_logged_without_their_path(site, db, refused):
    method, path, body, headers = refused
    assert site.fetch(method, path, "192.0.2.202", body, **headers).status >= 400

    for name in ("access.log", "error.log", "said"):
        file = site.folder / name
        assert not file.exists() or SECRET not in file.read_text()


UNREADABLE = {
    "a blank in the query": "GET /chats/search/?q={0} from:bob HTTP/1.1\r\nHost: a",
    "no version": "GET /chats/with/{0}/",
    "another version": "GET / HTTP/{0}\r\nHost: a",
    "another method": "GET{0}( / HTTP/1.1\r\nHost: a",
    "a header without a colon": "GET / HTTP/1.1\r\nCookie sessionid={0}",
    "a blank in the name of a header": "GET / HTTP/1.1\r\nCookie {0}: a",
    "an expectation": "POST / HTTP/1.1\r\nHost: a\r\nExpect: {0}",
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_request_that_web_cannot_parse_is_logged_without_its_text(site, db, kind):
    log = site.folder / "said"
    before = len(log.read_text())
    with socket.create_connection(("127.0.0.1", site.upstream), timeout=20) as client:
        client.sendall(UNREADABLE[kind].format(SECRET).encode() + b"\r\n\r\n0\r\n\r\n")
        assert client.recv(4_000).split()[1] in {b"400", b"417", b"501"}
    until = time.monotonic() + 5
    while "Invalid request from" not in (said := log.read_text()[before:]) and time.monotonic() < until:
        time.sleep(0.02)

    assert "Invalid request from ip=127.0.0.1: " in said
    assert SECRET not in said
