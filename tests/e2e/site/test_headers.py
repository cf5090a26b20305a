"""Headers of responses, from nginx and from the application."""

import re

import pytest

from tests.e2e.site.address import fetch

SECURITY = {
    "Content-Security-Policy": r"default-src 'self'.*|.*frame-ancestors 'none'.*",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def expect_security(answer):
    for name, value in SECURITY.items():
        said = answer.headers.get_all(name)
        assert said is not None, f"no {name}"
        assert len(said) == 1, f"{name} twice"
        assert re.fullmatch(value, said[0]), f"{name}: {said[0]}"


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/chats/", "/no-such-page/"])
def test_pages_have_each_security_header_once(path):
    expect_security(fetch("GET", path))


@pytest.mark.nginx
def test_pages_of_nginx_have_the_security_headers():
    too_long = fetch("POST", "/chats/new/", body=b"x" * 300_000)
    for answer in (fetch("PUT", "/chats/"), fetch("GET", "/metrics"), too_long):
        assert answer.status in {404, 405, 413}
        expect_security(answer)


def test_no_response_names_the_server_version():
    for path in ("/accounts/login/", "/no-such-page/", "/static/nothing.css"):
        headers = fetch("GET", path).headers
        assert not re.search(r"\d", headers["Server"] or ""), headers["Server"]
        assert headers["X-Powered-By"] is None


def test_redirect_keeps_the_requested_origin():
    assert fetch("GET", "/chats/").headers["Location"].startswith(("/", "https://"))


@pytest.mark.nginx
def test_a_request_has_an_id():
    assert re.fullmatch(r"[0-9a-f]{32}", fetch("GET", "/accounts/login/").headers["X-Request-ID"])


@pytest.mark.nginx
def test_a_good_request_id_is_kept():
    answer = fetch("GET", "/accounts/login/", {"X-Request-ID": "trace-12345"})
    assert answer.headers["X-Request-ID"] == "trace-12345"


@pytest.mark.nginx
@pytest.mark.parametrize("bad", ["short", "x" * 65, 'a"quote-1234', "<script>alert(1)"])
def test_a_bad_request_id_is_replaced(bad):
    made = fetch("GET", "/accounts/login/", {"X-Request-ID": bad}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)
