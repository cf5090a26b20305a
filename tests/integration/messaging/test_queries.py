"""The number of queries is the same for 1, 10, 100 and 1,000 rows."""

import pytest

from messaging.models import Message, Participant

sizes = pytest.mark.parametrize("size", [1, 10, 100, 1_000])


@sizes
def test_the_unread_list_is_one_query(size, alice, bob, write_many, django_assert_num_queries):
    write_many(alice, bob, size)

    with django_assert_num_queries(1):
        rows = [
            (m.pk, m.sender.username, m.content, m.timestamp, m.thread) for m in Message.unread.for_user(bob)
        ]
    assert len(rows) == size


@sizes
def test_a_page_of_messages_is_one_query(size, message, alice, bob, write_many, django_assert_num_queries):
    write_many(bob, alice, size, parent_message=message)

    with django_assert_num_queries(1):
        rows = list(Message.objects.visible_to(alice).in_thread(message.pk).for_display().order_by("pk"))
    assert {row.parent_excerpt for row in rows[1:]} == {message.content}
    assert len(rows) == size + 1


@sizes
def test_the_inbox_is_one_query(size, alice, django_assert_num_queries):
    write_to_many(alice, size)

    with django_assert_num_queries(1):
        rows = list(Participant.objects.inbox_rows(alice))
    assert [row.name for row in rows] == [f"member{n}" for n in reversed(range(size))]


@sizes
def test_sending_many_messages_makes_a_constant_number_of_queries(
    size, message, alice, bob, write_many, django_assert_num_queries
):
    # Savepoint, lock, last messages, existing ids, messages, inboxes, notifications, and release of the
    # savepoint.
    with django_assert_num_queries(8):
        write_many(alice, bob, size)


@sizes
def test_writing_to_many_members_makes_a_constant_number_of_queries(size, alice, django_assert_num_queries):
    from accounts.models import User

    people = User.objects.bulk_create(User(username=f"member{n}", password="!") for n in range(size))
    with django_assert_num_queries(9):
        Message.objects.bulk_create(Message(sender=alice, receiver=p, content="Hello") for p in people)


@sizes
def test_marking_as_read_makes_a_constant_number_of_queries(
    size, alice, bob, write_many, django_assert_num_queries
):
    ids = [message.pk for message in write_many(alice, bob, size)]

    with django_assert_num_queries(2):
        assert Message.objects.mark_seen(bob, ids) == size


def test_unread_list_contains_only_received_messages_newest_first(alice, bob, charlie, write):
    first, second = write(alice, bob), write(charlie, bob)
    write(bob, alice), write(alice, bob, read=True)

    assert list(Message.unread.for_user(bob)) == [second, first]
    assert list(Message.unread.unread_for_user(bob)) == [second, first]


def test_charlie_sees_no_message_of_others(message, reply, charlie):
    assert not Message.objects.visible_to(charlie).exists()
    assert not Message.unread.for_user(charlie).exists()
    assert not Participant.objects.inbox_rows(charlie).exists()


def test_inbox_continues_after_the_given_row(alice):
    write_to_many(alice, 5)

    first = list(Participant.objects.inbox_rows(alice))[:3]
    rest = Participant.objects.inbox_rows(alice, before=first[-1].last_message_id)
    assert [row.name for row in rest] == ["member1", "member0"]


def test_an_inbox_row_shows_the_beginning_of_the_latest_message(alice, bob, write):
    write(alice, bob, "first")
    last = write(bob, alice, "x" * 500)

    (row,) = Participant.objects.inbox_rows(alice)
    # The excerpt has one character more than the page shows.
    assert (row.name, row.excerpt, row.sender_id) == ("bob", "x" * 121, bob.pk)
    assert (row.last_message_id, row.sent_at, row.unread_count) == (last.pk, last.timestamp, 1)


def write_to_many(alice, count):
    from accounts.models import User

    people = User.objects.bulk_create(User(username=f"member{n}", password="!") for n in range(count))
    Message.objects.bulk_create(Message(sender=alice, receiver=person, content="Hello") for person in people)
