"""Pages that show only the beginning of a text cut it between characters and append "…"."""

import re
from html import unescape

import pytest

from messaging.excerpts import CHARACTER
from messaging.models import Message
from messaging.querysets import EXCERPT, LONG_EXCERPT

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
CHARACTERS = [
    FAMILY,
    "🇩🇪",
    "👍🏽",
    "e\u0301\u0323",
    "क्षि",
    "1\ufe0f\u20e3",
    "\u1112\u1161\u11ab",
    "❤\ufe0f",
    "ที่",
]


def _shown(client, address, begin="x") -> str:
    """Return the shortened text on a page."""
    page = unescape(re.sub("<[^>]*>", "\n", client.get(address).content.decode()))
    return next(line.strip() for line in page.splitlines() if line.strip().startswith(begin))


@pytest.mark.parametrize("character", CHARACTERS, ids=ascii)
@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_text_is_cut_between_characters_on_every_page(browser_of, write, alice, bob, character, offset):
    sent = write(alice, bob, "x" * (1 + offset) + character * 200)
    client = browser_of(bob)

    for address, most in (("/chats/", EXCERPT), ("/chats/unread/", LONG_EXCERPT)):
        shown = _shown(client, address)
        assert shown.endswith("…"), address
        whole = CHARACTER.findall(sent.content)
        assert shown[:-1] == "".join(whole[: len(CHARACTER.findall(shown)) - 1])
        assert most - len(character) < len(shown) - 1 <= most
    write(bob, alice, "answer", parent_message=sent)
    assert Message.objects.count() == 2


def test_text_of_exactly_the_length_of_an_excerpt_has_no_ellipsis(browser_of, write, alice, bob):
    write(alice, bob, "x" * EXCERPT)

    assert _shown(browser_of(bob), "/chats/") == "x" * EXCERPT
