"""The counter audit finds, shows and repairs wrong unread counters, and changes no correct ones."""

import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from prometheus_client import REGISTRY

from messaging import counter_audit
from messaging.models import Participant, Thread


@pytest.fixture
def wrong(message, bob):
    """Set the unread counter of bob to seven, although he has one unread message."""
    side = Participant.objects.get(user=bob)
    Participant.objects.filter(pk=side.pk).update(unread_count=7)
    return side


def run(**options):
    output = io.StringIO()
    call_command("audit_counters", stdout=output, **options)
    return output.getvalue()


def shown():
    """Return the metrics of a worker: the wrong counters, the compared ones, and the time of the audit."""
    counter_audit.show_result()
    names = ("wrong", "sampled", "timestamp_seconds")
    return [REGISTRY.get_sample_value(f"bobbin_counter_audit_{name}") for name in names]


@pytest.mark.parametrize("options", [{}, {"all": True}, {"repair": True}])
def test_correct_counters_are_reported_in_one_line(message, charlie, alice, write, options):
    write(charlie, alice)

    assert run(**options) == "4 counters are right.\n"


@pytest.mark.parametrize("options", [{}, {"all": True}])
def test_wrong_counter_is_reported_with_status_1(wrong, options):
    with pytest.raises(
        CommandError, match=rf"1 of 2 counters are wrong \(participants {wrong.pk}\)"
    ) as failure:
        run(**options)

    assert failure.value.returncode == 1


def test_wrong_counter_is_repaired(wrong, wrong_counters):
    assert run(repair=True) == f"1 of 2 counters are wrong (participants {wrong.pk}). They were repaired.\n"
    assert wrong_counters() == []
    assert Participant.objects.get(pk=wrong.pk).unread_count == 1


@pytest.fixture
def wrong_threads(write, alice, bob, charlie):
    """Make threads as a release without the list leaves them. Return the conversations of the wrong rows."""
    roots = [write(alice, other, "Root") for other in (bob, bob, charlie)]
    for root in roots:
        for number in range(2):
            write(root.receiver, alice, f"Reply {number}", parent_message=root)
    right = write(bob, charlie, "Another")
    write(charlie, bob, "Reply", parent_message=right)
    missing, late, empty = roots
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM notifications_notification")
        cursor.execute("UPDATE messaging_participant SET last_message_id = %s WHERE conversation_id = %s",
                       [empty.pk, empty.conversation_id])  # fmt: skip
        cursor.execute("DELETE FROM messaging_message WHERE thread_root_id = %s", [empty.pk])
    call_command("audit_counters", repair=True, stdout=io.StringIO())
    Thread.objects.filter(root=missing).delete()
    Thread.objects.filter(root=late).update(last_reply_id=late.pk + 2**40)
    Thread.objects.create(root=empty, low=alice, high=charlie, last_reply_id=empty.pk + 1)
    return [missing.conversation_id, empty.conversation_id]


def test_wrong_rows_of_the_list_of_threads_are_reported_and_repaired(wrong_threads, wrong_counters):
    ids = ", ".join(map(str, wrong_threads))
    said = f"The list of threads is wrong for 2 conversations ({ids})."
    with pytest.raises(CommandError, match=re.escape(said)) as failure:
        run(all=True)
    assert failure.value.returncode == 1

    assert run(repair=True) == f"{said} They were repaired.\n"
    assert wrong_counters() == []
    assert run(all=True) == "6 counters are right.\n"


def test_workers_show_the_result_that_the_command_stored(wrong):
    with pytest.raises(CommandError):
        run()
    *counts, before = shown()
    assert counts == [1, 2]

    run(repair=True)
    *counts, after = shown()
    assert counts == [0, 2]
    assert after > before


def test_workers_keep_the_last_result_without_redis(wrong):
    counter_audit.publish(2, 1)
    before = shown()
    counter_audit.cache.clear()

    assert shown() == before


def test_statement_that_is_cancelled_ends_with_status_2(message, monkeypatch):
    monkeypatch.setattr(counter_audit, "COMPARE", "SELECT pg_sleep(20), %s, %s")
    monkeypatch.setattr(counter_audit, "TIMEOUT", "10ms")
    with pytest.raises(CommandError, match="could not be compared: canceling statement") as failure:
        run()

    assert failure.value.returncode == 2


def test_sample_is_smaller_than_a_complete_audit(
    alice, member, write, monkeypatch, django_assert_max_num_queries
):
    for number in range(10):
        write(alice, member(f"member {number}"))
    monkeypatch.setattr(counter_audit, "BATCH", 3)
    monkeypatch.setattr(counter_audit, "SAMPLE", 5)

    assert run(all=True) == "20 counters are right.\n"
    with django_assert_max_num_queries(5):
        assert run() == "5 counters are right.\n"


def test_audit_without_participants_finds_nothing_wrong(db):
    assert run() == run(all=True) == "0 counters are right.\n"
