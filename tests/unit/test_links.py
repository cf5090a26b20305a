"""Addresses in texts become links, and nothing else does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chats.links import linked


def _links(text: str) -> list[str]:
    return re.findall(r'<a href="([^"]*)"', linked(text))


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://example.org/a?b=1#c", ["https://example.org/a?b=1#c"]),
        ("HTTP://EXAMPLE.ORG", ["HTTP://EXAMPLE.ORG"]),
        ("(https://example.org/a_(b)).", ["https://example.org/a_(b)"]),
        ("https://example.org, https://example.com!", ["https://example.org", "https://example.com"]),
        ("https://example.org/?a=1&b=2", ["https://example.org/?a=1&amp;b=2"]),
        ("https://例え.jp/道", ["https://例え.jp/道"]),
        ('https://example.org/"onclick="x', ["https://example.org/"]),
        ("https://example.org/<script>", ["https://example.org/"]),
        ("https://evil.example/\u202egro.elpmaxe", ["https://evil.example/"]),
        ("javascript://alert(1)", []),
        ("data://text/html,<b>", []),
        ("https://", []),
        ("http://.,;", []),
        ("no address", []),
    ],
)
def test_what_becomes_a_link(text, links):
    assert _links(text) == links


def test_a_link_tells_the_other_side_nothing():
    assert 'rel="noopener noreferrer nofollow ugc"' in linked("https://example.org")


@given(st.text(alphabet=st.sampled_from(list("https://a.b<>\"'&)( \n\u202e")), max_size=60))
def test_whatever_is_written_the_text_stays_and_no_markup_comes_in(text):
    html = linked(f"https://{text}")
    without_links = re.sub(r'<a href="[^"<>]*" rel="[\w ]+" target="_blank">|</a>', "", html)

    assert "<" not in without_links
    shown = without_links.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    assert shown.replace("&#x27;", "'").replace("&amp;", "&") == f"https://{text}"
