"""The record of an erasure keeps the id, the time and the operator, but no name."""

from datetime import timedelta

import pytest
from axes.models import AccessFailureLog
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.db import connection, transaction
from django.utils import timezone
from zeal import zeal_ignore

from accounts.models import Erasure, User

PASSWORD = "a-long-enough-1"
NAME = "zebedee-of-the-record"
TWO_MEMBERS = [{"model": "accounts.User", "field": "get()"}]


@pytest.fixture
def root(member, settings):
    settings.ZEAL_CHECK_UNUSED_IGNORES = False  # The operator and the user may be the same.
    return member("root", is_staff=True, is_superuser=True)


@pytest.fixture
def victim(member, root):
    victim = member(NAME)
    LogEntry.objects.log_actions(root.pk, [victim], CHANGE, f"Renamed to {NAME}")
    return victim


def erased() -> list[tuple[int, int | None]]:
    now = timezone.now()
    assert all(now - timedelta(minutes=1) < row.erased_at <= now for row in Erasure.objects.all())
    return list(Erasure.objects.order_by("user_id").values_list("user_id", "erased_by_id"))


def by_page(browser, victim):
    with zeal_ignore(TWO_MEMBERS):
        assert browser.post(f"/admin/accounts/user/{victim.pk}/delete/", {"post": "yes"}).status_code == 302


def by_action(browser, *victims):
    form = {"action": "delete_selected", "_selected_action": [one.pk for one in victims], "post": "yes"}
    assert browser.post("/admin/accounts/user/", form).status_code == 302


@pytest.mark.parametrize("delete", [by_page, by_action])
def test_deletion_in_the_admin_records_operator_time_and_id(victim, root, browser_of, delete):
    delete(browser_of(root), victim)

    entry = LogEntry.objects.get()
    assert not User.objects.filter(pk=victim.pk).exists()
    assert (entry.user, entry.object_id, entry.action_flag) == (root, str(victim.pk), DELETION)
    assert (entry.object_repr, entry.change_message) == (f"Member {victim.pk}", "")
    assert erased() == [(victim.pk, root.pk)]


def test_deletion_of_the_own_account_records_the_id_and_the_time(victim, browser_of):
    victim.set_password(PASSWORD)
    victim.save()
    browser_of(victim).post("/accounts/delete/", {"password": PASSWORD})

    assert erased() == [(victim.pk, victim.pk)]
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("together", [True, False])
def test_staff_who_delete_others_and_then_themselves_stay_on_record(victim, root, browser_of, together):
    browser = browser_of(root)
    if together:
        by_action(browser, victim, root)
    else:
        by_action(browser, victim)
        by_page(browser, root)

    assert erased() == sorted([(victim.pk, root.pk), (root.pk, root.pk)])


@pytest.mark.parametrize("how", ["instance", "queryset"])
def test_erasure_by_a_command_is_recorded_without_an_operator(victim, how):
    pk = victim.pk
    victim.delete() if how == "instance" else User.objects.filter(pk=pk).delete()

    assert erased() == [(pk, None)]


@pytest.mark.parametrize("tried", [NAME, NAME.upper(), f"{NAME}2", "alice"])
def test_log_entry_of_a_deleted_failed_log_in_keeps_no_erased_name(victim, root, tried):
    failed = AccessFailureLog.objects.create(username=tried, ip_address="192.0.2.1", path_info="/")
    LogEntry.objects.log_actions(root.pk, [failed], DELETION)
    victim.delete()

    (said,) = LogEntry.objects.filter(object_id=failed.pk).values_list("object_repr", flat=True)
    assert (said == "Failed log-in") is (tried.lower() == NAME)
    assert tried.lower() == NAME or tried in said


def test_an_erasure_that_is_rolled_back_is_not_recorded(victim):
    with transaction.atomic():
        victim.delete()
        transaction.set_rollback(True)

    assert erased() == []
    assert LogEntry.objects.get().object_repr == NAME


def test_erasing_an_erased_member_again_changes_no_record(victim):
    again = User.objects.get(pk=victim.pk)
    victim.delete()
    before = list(Erasure.objects.values())

    again.delete()
    assert list(Erasure.objects.values()) == before


def test_id_of_an_erased_member_is_never_reused(victim, member):
    victim.delete()

    assert member("dora").pk > Erasure.objects.get().user_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM accounts_user_id_seq")
        assert cursor.fetchone()[0] > Erasure.objects.get().user_id
