"""The HTML of rows: chats/rows.py and the macros of chats/jinja2/chats/_rows.html."""

import re
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone as timezone_of_django
from django.utils.dateformat import format as date_format

from chats import list_rows, rows
from chats.row_formats import call_macro

AT = datetime(2026, 3, 7, 9, 5, 4, 123456, tzinfo=UTC)
MARKUP = "<script>alert('&\"')</script>"
ESCAPED = "&lt;script&gt;alert(&#39;&amp;&#34;&#39;)&lt;/script&gt;"


def inbox_rows(row):
    return list_rows.inbox_rows([row], 1)


def unread_rows(row):
    return list_rows.unread_rows([row])


def found_rows(**more):
    found = {"receiver_name": "bob", "sender_name": "alice", "snippet": [(MARKUP, False), (MARKUP, True)]}
    return call_macro("found_rows", [_row(**found | more)], 1)


def message_rows(*messages, counterpart="bob", nested=False, can_reply=True, **page):
    """Return the HTML of the last of these messages."""
    made = rows.message_rows(messages, 1, counterpart, nested=nested, can_reply=can_reply, **page)
    return made[-1].html.decode()


def _row(**more):
    return SimpleNamespace(
        **{
            "id": 7, "name": "bob", "excerpt": MARKUP, "sent_at": AT, "timestamp": AT, "sender_id": 2,
            "read": True, "unread_count": 0, "is_cut": False, "content": MARKUP, "edited": False, "thread": 3,
            "parent_message_id": None, "parent_sender_id": 1, "parent_excerpt": MARKUP, "conversation_id": 5,
            "counterpart_id": 2, "last_message_id": 7, "thread_replies": None, "read_at": AT,
        }
        | more
    )  # fmt: skip


@pytest.mark.parametrize(
    "html",
    [
        lambda: inbox_rows(_row()),
        lambda: unread_rows(_row()),
        lambda: message_rows(_row()),
        lambda: message_rows(_row(content="", parent_message_id=5)),
        lambda: found_rows(),
    ],
)
def test_text_of_users_is_escaped(html):
    assert ESCAPED in html()
    assert "<script>" not in html()


def test_name_is_escaped_in_every_kind_of_row():
    for html in (
        inbox_rows(_row(name=MARKUP)),
        unread_rows(_row(name=MARKUP, excerpt="")),
        message_rows(_row(content="", parent_message_id=5, parent_sender_id=2), counterpart=MARKUP),
        found_rows(sender_name=MARKUP, snippet=[]),
    ):
        assert ESCAPED in html
        assert "<script>" not in html


def test_text_of_a_row_has_a_direction_of_its_own_beside_the_words_of_the_page():
    own = list_rows.inbox_rows([_row(sender_id=1, excerpt="3 dogs (and a cat)!")], 1)

    assert (
        '<span class="excerpt"><span class="quiet">You:</span> <bdi>3 dogs (and a cat)!</bdi></span>' in own
    )
    assert '<span class="excerpt" dir="auto">3 dogs (and a cat)!</span>' in inbox_rows(
        _row(excerpt="3 dogs (and a cat)!")
    )


def test_text_in_the_form_of_a_place_is_shown_as_it_is():
    text = "\0id\0 %(id)s {id} {{ value.id }}"

    for html in (
        message_rows(_row(content=text)),
        unread_rows(_row(excerpt=text)),
        inbox_rows(_row(name=text)),
    ):
        assert f">{text}</" in html


def test_text_with_links_is_escaped():
    html = message_rows(_row(content=f"{MARKUP} https://example.org/?a=1&b=2 {MARKUP}"))

    assert f">{ESCAPED} <a " in html
    assert f">https://example.org/?a=1&amp;b=2</a> {ESCAPED}</div>" in html


@pytest.mark.parametrize("name", ["bob", "bob.b+c@d-e_f", "Łukasz", "李"])
def test_addresses_are_those_of_reverse(name):
    assert f'href="{reverse("chats:conversation", args=[name])}"' in inbox_rows(
        _row(name=name, unread_count=1)
    )


def test_read_row_of_the_inbox_links_to_its_last_message():
    assert f'href="{reverse("chats:conversation", args=["bob"])}?at=9#m9"' in inbox_rows(
        _row(last_message_id=9)
    )


def test_line_links_to_its_actions():
    html = message_rows(_row(sender_id=1, edited=True, parent_message_id=5))
    names = {"p": "message", "h": "history", "r": "reply", "e": "edit", "t": "thread"}

    # Each control by the first letter of its label. The message id 7 is "c" in Base64.
    control = r'aria-labelledby="(\w)c? m7" href="([^"]*)"'
    assert dict(re.findall(control, html)) == {
        letter: reverse(f"chats:{name}", args=[3 if name == "thread" else 7])
        for letter, name in names.items()
    }


def test_first_message_links_to_its_thread_only_if_it_has_replies():
    """The link shows the number of replies, and the time of the last one, which is that of its id."""
    last = int(AT.timestamp() * 1000) << 10
    time = '<time datetime="2026-03-07T09:05:04Z">7 Mar 2026, 09:05 UTC</time>'

    for count, text in [(1, "1 reply"), (2, "2 replies"), (99, "99 replies"), (100, "99+ replies")]:
        html = message_rows(_row(thread_replies=[count, last]))
        assert f'aria-labelledby="cc m7" class="replies" href="/chats/thread/7/">{text} {time}</a>' in html
    for replies in (None, [0, None]):
        assert "/thread/" not in message_rows(_row(thread_replies=replies))


def test_keys_of_different_messages_are_different():
    ids = [1, 2**6, 2**12, 2**18, 2**24, 2**50, 2**50 + 1, 2**50 + 2**6, 2**56, 2**63 - 1, 2**63 - 2**12]

    keys = [re.search(r'<a id="p([^"]+)"', message_rows(_row(id=pk)))[1] for pk in ids]
    assert len(set(keys)) == len(ids)


def test_row_has_the_name_of_its_author_and_first_words():
    for row, name in (
        (_row(content="Hi"), "bob: ‘Hi’"),
        (_row(sender_id=1, content="Hi"), "your message: ‘Hi’"),
    ):
        html = message_rows(row)
        assert re.search(r'<li [^>]*aria-label="([^"]+)"', html)[1] == name


def test_row_for_reading_has_no_controls_and_no_ids_of_its_parts():
    message = _row(content="Hi", edited=True, parent_message_id=5, thread_replies=[2, 7 << 40])
    html = message_rows(message, for_reading=True)

    assert re.findall(r' id="([^"]*)"', html) == ["m7"]
    assert re.findall(r' href="([^"]*)"', html) == ["/chats/message/7/", "?at=5#m5", "/chats/thread/7/"]
    assert '<span class="edited">edited</span>' in html
    assert not re.search("<button|aria-labelledby|actions", html)


def test_line_of_the_counterpart_has_no_edit_link():
    html = message_rows(_row(), nested=True)

    for absent in (reverse("chats:edit", args=[7]), "edited", "is-mine", "is-new", ">new<", ">Thread<"):
        assert absent not in html


def test_line_for_a_deactivated_counterpart_has_no_reply_link():
    address = reverse("chats:reply", args=[7])

    assert address in message_rows(_row())
    assert address not in message_rows(_row(), can_reply=False)


def test_reply_links_to_its_parent_on_this_or_another_page():
    reply = _row(parent_message_id=5)

    assert 'href="#m5"' in message_rows(_row(id=5), reply)
    assert 'href="?at=5#m5"' in message_rows(reply)


def test_reply_in_a_thread_names_its_parent_unless_this_is_the_row_before_it_or_the_first_message():
    """The first message is 3. A conversation names every parent."""
    before, other = _row(id=5), _row(id=6)
    reply, to_first = _row(parent_message_id=5), _row(parent_message_id=3)

    for rows_of_page, is_named in [([before, reply], False), ([before, other, reply], True), ([reply], True),
                                   ([other, to_first], False)]:  # fmt: skip
        assert ("In reply to" in message_rows(*rows_of_page, in_thread=True)) is is_named
        assert "In reply to" in message_rows(*rows_of_page)


def test_row_of_a_thread_has_its_parent_and_only_a_tree_has_its_depth():
    reply = _row(parent_message_id=5)
    found = [message_rows(reply, **page) for page in ({}, {"in_thread": True}, {"nested": True})]

    assert ['data-parent="5"' in html for html in found] == [False, True, True]
    assert ["data-depth" in html for html in found] == [False, False, True]
    assert [">Thread<" in html for html in found] == [True, False, False]


def test_badge_and_class_appear_only_with_unread_messages():
    assert "unread" not in inbox_rows(_row(excerpt=""))
    assert '<span class="unread-count">3</span>' in inbox_rows(_row(unread_count=3))


def test_prefix_you_appears_only_if_the_reader_wrote_last():
    assert ["You:" in inbox_rows(_row(sender_id=sender)) for sender in (2, 1)] == [False, True]


def test_only_the_words_that_match_are_marked():
    assert f"{ESCAPED}<mark>{ESCAPED}</mark>" in found_rows()


@pytest.mark.parametrize("month", range(1, 13))
def test_time_has_the_format_of_django(month):
    at = AT.replace(month=month)

    assert call_macro("time", at) == (
        f'<time datetime="{at:%Y-%m-%dT%H:%M:%S}Z" title="{date_format(at, "j F Y, H:i:s")} UTC">'
        f"{date_format(at, 'j M Y, H:i')} UTC</time>"
    )


def test_time_of_another_offset_is_shown_in_the_current_zone():
    other_place = AT.astimezone(timezone(timedelta(hours=5)))

    assert call_macro("time", other_place) == call_macro("time", AT)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Kolkata", "14:35:04 IST"),
        ("America/St_Johns", "05:35:04 NST"),
        ("Asia/Dubai", "13:05:04 UTC+04"),
    ],
)
def test_time_is_shown_in_the_current_zone(zone, text):
    with timezone_of_django.override(zone):
        shown = call_macro("time", AT)

    assert shown.startswith(f'<time datetime="2026-03-07T09:05:04Z" title="7 March 2026, {text}">')
