"""The HTML of rows, which chats/templatetags/rows.py builds in Python."""

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils.dateformat import format as date_format

from chats.pages import Line
from chats.templatetags import rows

AT = datetime(2026, 3, 7, 9, 5, 4, 123456, tzinfo=UTC)
MARKUP = "<script>alert('&\"')</script>"
ESCAPED = "&lt;script&gt;alert(&#x27;&amp;&quot;&#x27;)&lt;/script&gt;"


def _row(**more):
    return SimpleNamespace(
        **{
            "id": 7, "name": "bob", "excerpt": MARKUP, "sent_at": AT, "timestamp": AT, "sender_id": 2,
            "read": True, "unread_count": 0, "is_cut": False, "content": MARKUP, "edited": False, "thread": 3,
            "parent_message_id": None, "parent_excerpt": MARKUP, "conversation_id": 5,
        }
        | more
    )  # fmt: skip


def _line(**more):
    row = more.pop("row", _row())
    return Line(**{"row": row, "depth": 0, "author": "bob", "mine": False, "is_new": False, "answers": "",
                   "parent_is_here": False} | more)  # fmt: skip


@pytest.mark.parametrize(
    "html",
    [
        rows.inbox_rows([_row()], 1),
        rows.unread_rows([_row()]),
        rows.message_rows([_line()]),
        rows.message_rows([_line(answers="you", row=_row(content="", parent_message_id=5))]),
    ],
)
def test_text_of_users_is_escaped(html):
    assert ESCAPED in html
    assert "<script>" not in html


def test_name_is_escaped_in_every_kind_of_row():
    for html in (
        rows.inbox_rows([_row(name=MARKUP)], 1),
        rows.unread_rows([_row(name=MARKUP, excerpt="")]),
        rows.message_rows([_line(author=MARKUP, answers=MARKUP, row=_row(content="", parent_message_id=5))]),
    ):
        assert ESCAPED in html
        assert "<script>" not in html


@pytest.mark.parametrize("name", ["bob", "bob.b+c@d-e_f", "Łukasz", "李"])
def test_addresses_are_those_of_reverse(name):
    assert f'href="{reverse("chats:conversation", args=[name])}"' in rows.inbox_rows([_row(name=name)], 1)


def test_line_links_to_its_actions():
    html = rows.message_rows([_line(mine=True, row=_row(edited=True))])

    for name in ("message", "reply", "edit", "history"):
        assert f'href="{reverse(f"chats:{name}", args=[7])}"' in html
    assert f'href="{reverse("chats:thread", args=[3])}"' in html


def test_line_of_the_counterpart_has_no_edit_link():
    html = rows.message_rows([_line()], nested=True)

    for absent in (reverse("chats:edit", args=[7]), "edited", "is-mine", "is-new", ">new<", ">Thread<"):
        assert absent not in html


def test_reply_links_to_its_parent_on_this_or_another_page():
    here = _line(answers="you", row=_row(parent_message_id=5), parent_is_here=True)

    assert 'href="#m5"' in rows.message_rows([here])
    assert f'href="{reverse("chats:message", args=[5])}"' in rows.message_rows(
        [here._replace(parent_is_here=False)]
    )


def test_badge_and_class_appear_only_with_unread_messages():
    assert "unread" not in rows.inbox_rows([_row(excerpt="")], 1)
    assert '<span class="unread-count">3</span>' in rows.inbox_rows([_row(unread_count=3)], 1)


def test_prefix_you_appears_only_if_the_reader_wrote_last():
    assert ["You:" in rows.inbox_rows([_row()], reader) for reader in (1, 2)] == [False, True]


@pytest.mark.parametrize("month", range(1, 13))
def test_time_has_the_format_of_django(month):
    at = AT.replace(month=month)

    assert rows.time_of(at) == (
        f'<time datetime="{at:%Y-%m-%dT%H:%M:%S}Z" title="{date_format(at, "j F Y, H:i:s")} UTC">'
        f"{date_format(at, 'j M Y, H:i')} UTC</time>"
    )


def test_every_time_is_utc():
    other_place = AT.astimezone(timezone(timedelta(hours=5)))

    assert rows.time_of(other_place) == rows.time_of(AT)


def test_rows_in_a_template_are_not_escaped_again():
    template = Template("{% load rows %}{% message_rows lines %}")

    assert template.render(Context({"lines": [_line()]})) == rows.message_rows([_line()])
