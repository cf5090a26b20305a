"""Calls of receivers are counted once each, with their outcome."""

import re
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.dispatch import Signal

from messaging.editing import EditConflictError, version_of
from messaging.models import Message
from observability import metrics
from observability.signals import receiver

SIGNALS = "bobbin_signals_total"
DOC = (Path(__file__).parents[3] / "docs/signals.md").read_text()
LISTED = set(re.findall(r"^\|[^|]*\|[^|]*\| `(\w+\.\w+)` \|", DOC, re.M))


def test_call_is_counted_as_ok_or_failed(counted):
    rang = Signal()

    @receiver(rang, sender=str, dispatch_uid="tests.ring")
    def ring(sender, times, **kwargs):
        return 6 / times

    assert [answer for _, answer in rang.send(sender=str, times=2)] == [3]
    with pytest.raises(ZeroDivisionError):
        rang.send(sender=str, times=0)
    rang.send(sender=int, times=0)

    assert counted(SIGNALS, receiver="tests.ring", outcome="ok") == 1
    assert counted(SIGNALS, receiver="tests.ring", outcome="failed") == 1


def test_refused_edits_count_as_ok(message, alice, counted):
    with pytest.raises(EditConflictError):
        message.edit("second", by=alice, version=version_of("another text"))
    copy = Message.objects.get()
    message.delete()
    with pytest.raises(Message.DoesNotExist):
        copy.edit("too late", by=alice)

    assert counted(SIGNALS, receiver="messaging.keep_history", outcome="ok") == 2
    assert counted(SIGNALS, receiver="messaging.keep_history", outcome="failed") == 0


@pytest.mark.parametrize("outcome", ["ok", "failed"])
def test_every_documented_receiver_is_counted_from_the_start(outcome):
    samples = metrics.SIGNALS.collect()[0].samples
    names = {sample.labels["receiver"] for sample in samples if sample.labels["outcome"] == outcome}

    assert len(LISTED) > 15
    assert names - {"tests.ring"} == LISTED, "use receiver() of observability; list it in docs/signals.md"


def test_a_message_calls_each_receiver_once(alice, bob, counted):
    Message.objects.create(sender=alice, receiver=bob, content="Hello")

    assert counted(SIGNALS, receiver="notifications.notify_receiver", outcome="ok") == 1
    assert counted(SIGNALS, receiver="live.message_saved", outcome="ok") == 1
    assert counted(SIGNALS, receiver="messaging.keep_history", outcome="ok") == 1
    assert counted(SIGNALS, receiver="notifications.notify_receiver", outcome="failed") == 0


def test_failing_receiver_is_counted_and_its_message_is_not(
    alice, bob, counted, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("notifications.models.NotificationQuerySet.create_for", lambda *_: 1 / 0)
    committed = django_capture_on_commit_callbacks(execute=True)
    with committed, pytest.raises(ZeroDivisionError), transaction.atomic():
        Message.objects.create(sender=alice, receiver=bob, content="Hello")

    assert counted(SIGNALS, receiver="notifications.notify_receiver", outcome="failed") == 1
    assert counted("bobbin_messages_sent_total", kind="message") == 0
    assert not connection.needs_rollback
