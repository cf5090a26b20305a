"""Marking as read or unread beside another change of the same message."""

import pytest

from messaging.models import Message
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("gone", ["message", "account"])
def test_mark_unread_of_a_message_that_is_deleted_meanwhile_returns_404(
    browser_of, message, alice, bob, meanwhile, gone
):
    message.mark_read()
    client, answers, address = browser_of(bob), [], f"/chats/message/{message.pk}/unread/"
    client.get("/chats/")

    def mark():
        answers.append(client.post(address).status_code)

    errors = meanwhile(alice.delete if gone == "account" else message.delete, mark)
    assert (errors, answers) == ([None, None], [404])


@pytest.mark.parametrize("read", [True, False])
@pytest.mark.parametrize("fields", [None, ["read"]])
def test_notification_saved_while_its_message_changes_agrees_with_it(
    message, meanwhile, wrong_counters, read, fields
):
    """The second change waits for the first, and then counts."""
    if not read:
        message.mark_read()
    saved = Notification.objects.get()
    saved.read = not read
    first = message.mark_read if read else message.mark_unread

    assert meanwhile(first, lambda: saved.save(update_fields=fields)) == [None, None]
    found = Notification.objects.values_list("read", "message__read").get()
    assert found == (not read, not read)
    assert wrong_counters() == []


@pytest.mark.parametrize("how", ["seen", "all", "conversation", "one"])
def test_message_marked_unread_while_it_is_read_is_unread_or_read_everywhere(
    message, bob, meanwhile, wrong_counters, how
):
    mark = {
        "seen": lambda: Message.objects.mark_seen(bob, [message.pk]),
        "all": lambda: Message.objects.mark_all_read(bob),
        "conversation": lambda: Message.objects.mark_conversation_read(
            bob, message.conversation_id, up_to=message.pk
        ),
        "one": message.mark_read,
    }[how]
    other = Message.objects.get()

    assert meanwhile(mark, other.mark_unread) == [None, None]
    assert Notification.objects.values_list("read", "message__read").get() == (False, False)
    assert wrong_counters() == []
