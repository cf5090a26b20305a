"""Static files have a hash of their content in their names, so browsers may cache them forever."""

import gzip
import re

import brotli
import pytest

from tests.e2e.site.address import fetch


@pytest.fixture(scope="module")
def style():
    page = fetch("GET", "/accounts/login/").body.decode()
    return re.search(r'href="(/static/[^"]+\.css)"', page)[1]


def test_static_file_names_contain_a_hash(style):
    assert re.search(r"\.[0-9a-f]{12}\.css$", style)


def test_static_files_are_public_and_immutable(style):
    for _ in range(2):  # From the application, then from the cache of nginx if there is one.
        kept = fetch("GET", style).headers["Cache-Control"]
        assert "public" in kept
        assert "immutable" in kept
        assert int(re.search(r"max-age=(\d+)", kept)[1]) >= 31_536_000


@pytest.mark.parametrize(
    ("accepted", "used", "unpack"),
    [("gzip, deflate", "gzip", gzip.decompress), ("gzip, deflate, br, zstd", "br", brotli.decompress)],
)
def test_static_files_are_compressed_as_the_client_accepts(style, accepted, used, unpack):
    for _ in range(2):
        plain, packed = fetch("GET", style), fetch("GET", style, {"Accept-Encoding": accepted})
        assert plain.headers["Content-Encoding"] is None
        assert packed.headers["Content-Encoding"] == used
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert unpack(packed.body) == plain.body


def test_pages_are_not_compressed(style):
    """The size of a compressed page could reveal secrets beside text of an attacker (BREACH)."""
    assert (
        fetch("GET", "/accounts/login/", {"Accept-Encoding": "gzip, br"}).headers["Content-Encoding"] is None
    )


def test_missing_static_file_is_not_immutable():
    answer = fetch("GET", "/static/chats/nothing.000000000000.css")
    assert answer.status == 404
    assert "immutable" not in (answer.headers["Cache-Control"] or "")


@pytest.mark.parametrize("path", ["/static/", "/static/../manage.py", "/static/%2e%2e/manage.py", "/.env"])
def test_other_files_are_not_served(path):
    assert fetch("GET", path).status in {400, 404}
