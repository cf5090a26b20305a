"""The request log of nginx contains the route, but no path, query or name."""

import secrets

import pytest

SECRET = "umbrellaword"
ROUTES = {
    f"/chats/search/?q={SECRET}+from:bob": "/chats/search/",
    f"/chats/people/?to={SECRET}": "/chats/people/",
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
    f"/events/?last={SECRET}": "/events/",
    f"/metrics/{SECRET}": "(no route)",
    f"/?{SECRET}": "/",
}


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
