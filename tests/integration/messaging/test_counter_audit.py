"""The counter audit finds, shows and repairs wrong unread counters, and changes no correct ones."""

import io

import pytest
from django.core.management import CommandError, call_command
from prometheus_client import REGISTRY

from messaging import counter_audit
from messaging.models import Participant


@pytest.fixture
def wrong(message, bob):
    """Set the unread counter of bob to seven, although he has one unread message."""
    side = Participant.objects.get(user=bob)
    Participant.objects.filter(pk=side.pk).update(unread_count=7)
    return side


def run(**options):
    output = io.StringIO()
    call_command("check_unread_counters", stdout=output, **options)
    return output.getvalue()


def test_right_counters_are_right(message, charlie, alice, write):
    write(charlie, alice)

    assert counter_audit.audit_sample()[:2] == (4, [])
    assert run() == "4 counters are right.\n"


def test_a_wrong_counter_is_found_and_shown(wrong):
    found = counter_audit.audit_sample()

    assert (found.sampled, found.wrong, found.conversations) == (2, [wrong.pk], [wrong.conversation_id])
    with pytest.raises(CommandError, match="1 of 2 counters are wrong"):
        run()
    assert REGISTRY.get_sample_value("bobbin_counter_audit_wrong") == 1
    assert REGISTRY.get_sample_value("bobbin_counter_audit_sampled") == 2


def test_a_wrong_counter_is_repaired(wrong, wrong_counters):
    assert f"participant {wrong.pk} was wrong" in run(repair=True)
    assert wrong_counters() == []
    assert Participant.objects.get(pk=wrong.pk).unread_count == 1
    assert REGISTRY.get_sample_value("bobbin_counter_audit_wrong") == 0


def test_command_checks_every_participant_and_a_sample_few(
    alice, member, write, monkeypatch, django_assert_max_num_queries
):
    for number in range(10):
        write(alice, member(f"member {number}"))
    monkeypatch.setattr("messaging.management.commands.check_unread_counters.BATCH", 3)
    monkeypatch.setattr(counter_audit, "SAMPLE", 5)

    assert run() == "20 counters are right.\n"
    with django_assert_max_num_queries(5):
        assert counter_audit.audit_sample().sampled <= counter_audit.SAMPLE


def test_audit_without_participants_finds_nothing_wrong(db):
    assert counter_audit.audit_sample().sampled == 0
    assert run() == "0 counters are right.\n"
