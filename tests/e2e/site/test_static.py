"""Static files: their names change with their content, so browsers keep them for ever."""

import gzip
import re

import pytest

from conftest import ask


@pytest.fixture(scope="module")
def style():
    page = ask("GET", "/accounts/login/").body.decode()
    return re.search(r'href="(/static/[^"]+\.css)"', page)[1]


def test_their_names_hold_their_content(style):
    assert re.search(r"\.[0-9a-f]{12}\.css$", style)


def test_they_may_be_kept_for_ever_and_by_everybody(style):
    for _ in range(2):  # From the application, then from nginx where it is.
        kept = ask("GET", style).headers["Cache-Control"]
        assert "public" in kept
        assert "immutable" in kept
        assert int(re.search(r"max-age=(\d+)", kept)[1]) >= 31_536_000


def test_they_come_compressed_to_who_can_read_that(style):
    for _ in range(2):
        plain, packed = ask("GET", style), ask("GET", style, {"Accept-Encoding": "br, gzip"})
        assert plain.headers["Content-Encoding"] is None
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert gzip.decompress(packed.body) == plain.body


def test_pages_come_uncompressed(style):
    """Their size would tell of what stands in them beside what somebody else wrote (BREACH)."""
    assert ask("GET", "/accounts/login/", {"Accept-Encoding": "gzip"}).headers["Content-Encoding"] is None


def test_what_was_never_there_is_not_kept():
    answer = ask("GET", "/static/chats/nothing.000000000000.css")
    assert answer.status == 404
    assert "immutable" not in (answer.headers["Cache-Control"] or "")


@pytest.mark.parametrize("path", ["/static/", "/static/../manage.py", "/static/%2e%2e/manage.py", "/.env"])
def test_nothing_else_is_served(path):
    assert ask("GET", path).status in {400, 404}
