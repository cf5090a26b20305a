"""Lists of the administration make a constant number of queries.

The administration cannot damage histories and threads.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import Message, MessageHistory

LISTS = ["messaging/message", "messaging/messagehistory", "messaging/conversation", "accounts/user",
         "notifications/notification"]  # fmt: skip


@pytest.fixture
def admin(member, browser_of):
    return browser_of(member("root", is_staff=True, is_superuser=True))


def _fill(member, count):
    writer = member(f"writer{count}")
    for number in range(count):
        message = Message.objects.create(
            sender=writer, receiver=member(f"reader{count}x{number}"), content="one"
        )
        message.edit("two", by=writer)


@pytest.mark.parametrize("page", LISTS)
def test_list_makes_a_constant_number_of_queries(admin, member, page):
    # The first request of a process makes additional queries, so make it before counting.
    admin.get(f"/admin/{page}/")
    counts = []
    for rows in (2, 20):
        _fill(member, rows)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert admin.get(f"/admin/{page}/").status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("page", LISTS)
def test_a_list_can_be_searched_and_each_row_opened(admin, message, alice, page):
    message.edit("Good evening, Bob", by=alice)

    assert admin.get(f"/admin/{page}/?q=alice").status_code == 200
    model = {"message": Message, "messagehistory": MessageHistory}.get(page.split("/")[1])
    if model:
        assert admin.get(f"/admin/{page}/{model.objects.get().pk}/change/").status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("alice bob", {"bob"}),
        ("BOB  alice", {"bob"}),
        ("alice", {"bob", "charlie"}),
        ("bob charlie", set()),
        ("alice unknown", set()),
        ("{id}", {"charlie"}),
        ("alice {id}", {"charlie"}),
        ("bob {id}", set()),
        ("99999999999999999999", set()),
    ],
)
def test_each_word_of_a_search_must_find_the_message(admin, alice, bob, charlie, write, query, found):
    write(alice, bob)
    last = write(alice, charlie)

    answer = admin.get("/admin/messaging/message/", {"q": query.format(id=last.pk)})
    assert {row.receiver.username for row in answer.context["cl"].result_list} == found


def test_a_message_with_replies_cannot_be_deleted(admin, message, alice, bob):
    Message.objects.create(sender=bob, receiver=alice, content="hi", parent_message=message)

    refused = admin.post(f"/admin/messaging/message/{message.pk}/delete/", {"post": "yes"})
    assert "would require deleting the following protected related objects" in refused.content.decode()
    admin.post(
        "/admin/messaging/message/",
        {"action": "delete_selected", "_selected_action": [message.pk], "post": "yes"},
    )
    assert Message.objects.filter(pk=message.pk).exists()


def test_a_message_without_replies_can_be_deleted(admin, message):
    admin.post(f"/admin/messaging/message/{message.pk}/delete/", {"post": "yes"})

    assert not Message.objects.exists()


def test_an_edited_message_can_be_deleted_with_its_history(admin, message, alice):
    message.edit("Good evening, Bob", by=alice)

    admin.post(f"/admin/messaging/message/{message.pk}/delete/", {"post": "yes"})

    assert not Message.objects.exists()
    assert not MessageHistory.objects.exists()


def test_a_message_cannot_be_edited_by_staff(admin, message):
    response = admin.post(f"/admin/messaging/message/{message.pk}/change/", {"content": "Moderated"})

    message.refresh_from_db()
    assert (response.status_code, message.content) == (403, "Good morning, Bob")


def test_history_cannot_be_changed_or_deleted(admin, message, alice):
    message.edit("Good evening, Bob", by=alice)
    page = f"/admin/messaging/messagehistory/{MessageHistory.objects.get().pk}"

    assert admin.post(f"{page}/change/", {"old_content": "never"}).status_code == 403
    assert admin.post(f"{page}/delete/", {"post": "yes"}).status_code == 403


def test_deletion_of_a_member_lists_what_is_deleted_and_then_erases_the_account(admin, message, alice):
    page = f"/admin/accounts/user/{alice.pk}/delete/"

    assert "Messages they sent: 1" in admin.get(page).content.decode()
    assert admin.post(page, {"post": "yes"}).status_code == 302
    assert not Message.objects.exists()
