"""The search of the administration finds a user by any spelling of the name, in every locale."""

from unicodedata import normalize

import pytest
from axes.models import AccessFailureLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from accounts.login_throttling import counted
from messaging.models import Conversation
from notifications.models import Notification

SPELLINGS = [
    ("kiwi", "kıwı"), ("kiwi", "KİWİ"), ("ıvır", "IVIR"), ("Straße", "STRASSE"), ("Straße", "straẞe"),
    ("Νίκος", "ΝΊΚΟΣ"), ("Νίκος", "νίκοσ"), ("Елена", "ЕЛЕНА"), ("José", normalize("NFD", "JOSÉ")),
    ("ann", "ａｎｎ"), ("O'Brien", "o’brien"), ("김철수", normalize("NFD", "김철수")), ("ᏣᎳᎩ", "ꮳꮃꭹ"),
]  # fmt: skip


def rows_of(user, write, sender):
    """Return one row of `user` for each list of the administration that shows names."""
    failure = AccessFailureLog(
        username=counted(user.username), ip_address="192.0.2.1", attempt_time=timezone.now()
    )
    failure.save()
    kind = ContentType.objects.get_for_model(user)
    entry = LogEntry.objects.create(user=user, action_flag=CHANGE, content_type=kind, object_id="7")
    message = write(sender, user)
    return {
        "accounts/user": user, "messaging/message": message, "axes/accessfailurelog": failure,
        "admin/logentry": entry, "messaging/conversation": Conversation.objects.get(),
        "notifications/notification": Notification.objects.get(),
    }  # fmt: skip


def is_found(admin_client, page, query, row):
    return row in admin_client.get(f"/admin/{page}/", {"q": query}).context["cl"].result_list


@pytest.mark.parametrize(("name", "typed"), SPELLINGS)
def test_the_administration_finds_a_member_by_any_spelling(admin_client, member, bob, write, name, typed):
    rows = rows_of(member(name), write, bob)

    assert [page for page, row in rows.items() if not is_found(admin_client, page, typed, row)] == []


@pytest.mark.parametrize("typed", ["charlie", "Strasze", "ﬆrasse2"])
def test_the_administration_does_not_find_others(admin_client, member, bob, write, typed):
    rows = rows_of(member("Straße"), write, bob)

    assert [page for page, row in rows.items() if is_found(admin_client, page, typed, row)] == []


@pytest.mark.parametrize(
    ("part", "found"), [("trass", True), ("TRASSE", True), ("ｔｒａß", True), ("trase", False)]
)
def test_the_list_of_members_is_searched_by_parts_of_names(admin_client, member, part, found):
    user = member("Straße", email="s@weft.example")

    for query in (part, "100%", "_"):
        rows = admin_client.get("/admin/accounts/user/", {"q": query}).context["cl"].result_list
        assert (user in rows) is (found and query == part)
    assert user in admin_client.get("/admin/accounts/user/", {"q": "WEFT.ex"}).context["cl"].result_list
