"""Erasing an account removes all data of its user, and no data of other users."""

import pytest
from axes.models import AccessFailureLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest

from accounts.login_throttling import counted
from accounts.models import Session, User
from accounts.sessions import SessionStore
from messaging.models import Conversation, Message, MessageHistory, Participant
from notifications.models import Notification

NAME = "zebedee-of-erasure"  # Distinctive, so that a search of all tables finds no other row.


@pytest.fixture
def victim(member):
    return member(NAME, email=f"{NAME}@example.org", is_staff=True)


@pytest.fixture(params=["instance", "queryset"])
def erase(request, django_capture_on_commit_callbacks):
    """Erase an account by the instance or by a queryset, and run the `on_commit` callbacks."""

    def by(user):
        with django_capture_on_commit_callbacks(execute=True):
            if request.param == "instance":
                User.objects.get(pk=user.pk).delete()
            else:
                User.objects.filter(pk=user.pk).delete()
        connection.check_constraints()

    return by


@pytest.fixture
def life(victim, alice, bob, write):
    """One row of each kind that an active user leaves in the database."""
    sent = write(victim, alice, f"I am {NAME}")
    write(alice, victim, f"Hello {NAME}", parent_message=sent)
    sent.edit(f"It is me, {NAME}", by=victim)
    write(bob, victim, f"And who is {NAME}?").mark_read()
    victim.groups.add(Group.objects.create(name="staff"))
    victim.user_permissions.add(Permission.objects.get(codename="change_message"))
    LogEntry.objects.log_actions(victim.pk, [alice], CHANGE)
    LogEntry.objects.log_actions(alice.pk, [victim], CHANGE)
    AccessFailureLog.objects.create(username=counted(NAME.upper()), ip_address="192.0.2.1")


def rows_with(text) -> set[str]:
    """Return the tables that have `text` in any column of a row, ignoring case."""
    with connection.cursor() as cursor:
        found = set()
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT 1 FROM "{table}" AS t WHERE t::text ILIKE %s LIMIT 1', [f"%{text}%"])
            found |= {table} if cursor.fetchone() else set()
        return found


def test_no_table_holds_the_name_or_a_text_of_an_erased_member(life, victim, erase, browser_of):
    browser_of(victim)
    assert rows_with(NAME) >= {
        "accounts_user", "axes_accessfailurelog", "django_admin_log", "messaging_message",
        "messaging_messagehistory", "notifications_notification",
    }  # fmt: skip

    erase(victim)
    assert rows_with(NAME) == set()
    assert not Session.objects.exists()


def test_erasure_deletes_the_messages_of_the_counterparts_to_the_member(life, victim, erase):
    erase(victim)

    for model in (Message, MessageHistory, Notification, Participant, Conversation):
        assert not model.objects.exists()


def test_erasure_leaves_correct_inboxes_of_the_counterparts(
    life, victim, alice, bob, write, erase, wrong_counters
):
    kept = write(alice, bob, "Between us")

    erase(victim)
    assert [row.name for row in Participant.objects.inbox_rows(alice)] == ["bob"]
    assert Participant.objects.get(user=alice).unread_count == 0
    assert Participant.objects.get(user=bob).unread_count == 1
    assert set(Participant.objects.values_list("last_message", flat=True)) == {kept.pk}
    assert wrong_counters() == []


def test_messages_between_others_stay_as_they_are(life, victim, alice, bob, charlie, write, erase):
    root = write(bob, charlie, "Root")
    reply = write(charlie, bob, "Reply", parent_message=root)
    root.edit("Better root", by=bob)
    write(alice, bob, "Hello")
    before = list(Message.objects.exclude(sender=victim).exclude(receiver=victim).order_by("pk").values())

    erase(victim)
    assert list(Message.objects.order_by("pk").values()) == before
    assert Message.objects.get(pk=root.pk).get_all_replies() == [reply]
    assert MessageHistory.objects.get().old_content == "Root"
    assert Notification.objects.count() == 3


def test_an_edit_by_an_erased_staff_member_keeps_the_text_without_the_name(
    victim, bob, charlie, write, erase
):
    victim.user_permissions.add(Permission.objects.get(codename="change_message"))
    write(bob, charlie, "Rude").edit("Moderated", by=victim)

    erase(victim)
    history = MessageHistory.objects.get()
    assert (history.old_content, history.edited_by) == ("Rude", None)
    assert Message.objects.get().content == "Moderated"


def session_of(browser) -> str:
    return browser.session.session_key


def test_every_browser_of_the_member_is_logged_out(victim, alice, browser_of, erase):
    mine, other_place, other = browser_of(victim), browser_of(victim), browser_of(alice)
    cached = [SessionStore(session_of(browser)).cache_key for browser in (mine, other_place, other)]
    assert None not in [cache.get(key) for key in cached]

    erase(victim)
    assert [not cache.get(key) for key in cached] == [True, True, False]
    assert list(Session.objects.values_list("user", flat=True)) == [alice.pk]
    for browser, who in ((other_place, False), (other, True)):
        request = HttpRequest()
        request.session = SessionStore(browser.cookies["sessionid"].value)
        assert get_user(request).is_authenticated is who


def test_attempts_at_other_names_stay(victim, erase):
    for name in (NAME, f"{NAME}2", "alice"):
        AccessFailureLog.objects.create(username=name, ip_address="192.0.2.1")

    erase(victim)
    assert set(AccessFailureLog.objects.values_list("username", flat=True)) == {f"{NAME}2", "alice"}


def test_log_entries_of_the_admin_about_other_objects_stay(victim, alice, bob, message, erase):
    LogEntry.objects.log_actions(alice.pk, [bob, victim], CHANGE)
    kept = LogEntry.objects.log_actions(alice.pk, [message], CHANGE, single_object=True)
    LogEntry.objects.filter(pk=kept.pk).update(object_id=str(victim.pk))  # Same id, another content type.

    erase(victim)
    assert set(LogEntry.objects.values_list("object_repr", flat=True)) == {"bob", str(message)}


def test_a_member_without_any_message_can_be_erased(victim, message, erase, wrong_counters):
    erase(victim)

    assert not User.objects.filter(username=NAME).exists()
    assert Message.objects.get() == message
    assert wrong_counters() == []


def test_name_of_an_erased_member_can_be_used_again(life, victim, member, alice, erase):
    erase(victim)

    again = member(NAME)
    assert not Message.objects.visible_to(again).exists()
    assert not Participant.objects.inbox_rows(again).exists()


def test_two_members_who_wrote_to_each_other_can_be_erased_by_one_query(
    victim, alice, bob, write, wrong_counters
):
    write(victim, alice), write(alice, bob)
    kept = write(bob, User.objects.create(username="dora"))

    User.objects.filter(pk__in=[victim.pk, alice.pk]).delete()
    connection.check_constraints()
    assert list(Message.objects.all()) == [kept]
    assert wrong_counters() == []


@pytest.mark.parametrize("size", [1, 10, 100, 1_000])
def test_erasure_makes_a_constant_number_of_queries(
    size, life, victim, write_many, django_assert_num_queries
):
    people = User.objects.bulk_create(User(username=f"member{n}", password="!") for n in range(size))
    Message.objects.bulk_create(Message(sender=victim, receiver=p, content="Hi") for p in people)
    write_many(people[0], victim, size)

    with django_assert_num_queries(STATEMENTS):
        victim.delete()


STATEMENTS = 16  # One lists the counterparts, whose open pages get an event.
