"""A wrong unread counter is found, shown and repaired; a right one is left alone."""

import io

import pytest
from django.core.management import CommandError, call_command
from prometheus_client import REGISTRY

from messaging import drift
from messaging.models import Participant


@pytest.fixture
def wrong(message, bob):
    """bob has one unread message, and his inbox says seven."""
    side = Participant.objects.get(user=bob)
    Participant.objects.filter(pk=side.pk).update(unread_count=7)
    return side


def run(**options):
    output = io.StringIO()
    call_command("check_unread_counters", stdout=output, **options)
    return output.getvalue()


def test_right_counters_are_right(message, charlie, alice, write):
    write(charlie, alice)

    assert drift.look_somewhere()[:2] == (4, [])
    assert run() == "4 counters are right.\n"


def test_a_wrong_counter_is_found_and_shown(wrong):
    found = drift.look_somewhere()

    assert (found.sampled, found.wrong, found.conversations) == (2, [wrong.pk], [wrong.conversation_id])
    with pytest.raises(CommandError, match="1 of 2 counters are wrong"):
        run()
    assert REGISTRY.get_sample_value("bobbin_unread_drift_participants") == 1
    assert REGISTRY.get_sample_value("bobbin_unread_drift_sampled") == 2


def test_a_wrong_counter_is_repaired(wrong, drift):
    assert f"participant {wrong.pk} was wrong" in run(repair=True)
    assert drift() == []
    assert Participant.objects.get(pk=wrong.pk).unread_count == 1
    assert REGISTRY.get_sample_value("bobbin_unread_drift_participants") == 0


def test_every_participant_is_looked_at_by_the_command_and_few_by_a_sample(
    alice, member, write, monkeypatch, django_assert_max_num_queries
):
    for number in range(10):
        write(alice, member(f"member {number}"))
    monkeypatch.setattr("messaging.management.commands.check_unread_counters.BATCH", 3)
    monkeypatch.setattr(drift, "SAMPLE", 5)

    assert run() == "20 counters are right.\n"
    with django_assert_max_num_queries(5):
        assert drift.look_somewhere().sampled <= drift.SAMPLE


def test_nobody_is_nothing_wrong(db):
    assert drift.look_somewhere().sampled == 0
    assert run() == "0 counters are right.\n"
