"""The rows that pages put together in Python."""

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
def test_what_people_wrote_is_escaped(html):
    assert ESCAPED in html
    assert "<script>" not in html


def test_a_name_is_escaped_wherever_it_stands():
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


def test_a_line_links_to_what_can_be_done_with_it():
    html = rows.message_rows([_line(mine=True, row=_row(edited=True))])

    for name in ("message", "reply", "edit", "history"):
        assert f'href="{reverse(f"chats:{name}", args=[7])}"' in html
    assert f'href="{reverse("chats:thread", args=[3])}"' in html


def test_a_line_of_somebody_else_cannot_be_edited():
    html = rows.message_rows([_line()], nested=True)

    for absent in (reverse("chats:edit", args=[7]), "edited", "is-mine", "is-new", ">new<", ">Thread<"):
        assert absent not in html


def test_an_answer_links_to_its_parent_wherever_that_is():
    here = _line(answers="you", row=_row(parent_message_id=5), parent_is_here=True)

    assert 'href="#m5"' in rows.message_rows([here])
    assert f'href="{reverse("chats:message", args=[5])}"' in rows.message_rows(
        [here._replace(parent_is_here=False)]
    )


def test_badge_and_class_only_where_something_is_unread():
    assert "unread" not in rows.inbox_rows([_row(excerpt="")], 1)
    assert '<span class="unread-count">3</span>' in rows.inbox_rows([_row(unread_count=3)], 1)


def test_you_only_where_the_reader_wrote_last():
    assert ["You:" in rows.inbox_rows([_row()], reader) for reader in (1, 2)] == [False, True]


@pytest.mark.parametrize("month", range(1, 13))
def test_a_time_reads_as_django_writes_it(month):
    at = AT.replace(month=month)

    assert rows.time_of(at) == (
        f'<time datetime="{at:%Y-%m-%dT%H:%M:%S}Z" title="{date_format(at, "j F Y, H:i:s")} UTC">'
        f"{date_format(at, 'j M Y, H:i')} UTC</time>"
    )


def test_every_time_is_utc():
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))

    assert rows.time_of(elsewhere) == rows.time_of(AT)


def test_it_stands_in_a_template_as_it_is():
    template = Template("{% load rows %}{% message_rows lines %}")

    assert template.render(Context({"lines": [_line()]})) == rows.message_rows([_line()])
