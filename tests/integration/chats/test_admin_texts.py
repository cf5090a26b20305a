"""Staff see no text of a message in the administration, except one that they request.

Each request is recorded.
"""

import logging

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from messaging.models import Message, MessageHistory
from notifications.models import Notification

TEXT = "Meet me at the zeppelin hangar"
EARLIER = "Meet me at the aqueduct"
KINDS = ["message", "messagehistory"]
PRIVATE = ("zeppelin", "aqueduct", "New message from")
every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def root(member):
    return member("root", is_staff=True, is_superuser=True)


@pytest.fixture
def admin(root, browser_of):
    return browser_of(root)


@pytest.fixture
def rows(alice, bob, write):
    """Return an edited message and its history by model name. The message also has a notification."""
    message = write(alice, bob, EARLIER)
    message.edit(TEXT, by=alice)
    return {"message": message, "messagehistory": MessageHistory.objects.get()}


def page(kind, row, name):
    return f"/admin/messaging/{kind}/{row.pk}/{name}/"


def says_nothing_private(response):
    said = response.content.decode()
    return response.status_code == 200 and not [word for word in PRIVATE if word in said]


def test_the_lists_and_forms_hold_no_text(admin, rows):
    lists = ["messaging/message", "messaging/messagehistory", "notifications/notification", "admin/logentry"]
    pages = [f"/admin/{name}/" for name in lists]
    pages += [page(kind, row, name) for kind, row in rows.items() for name in ("change", "history")]
    pages += [page("message", rows["message"], "delete"), page("message", rows["message"], "text")]
    pages.append(f"/admin/notifications/notification/{Notification.objects.get().pk}/change/")

    assert [at for at in pages if not says_nothing_private(admin.get(at))] == []


@pytest.mark.parametrize("word", ["zeppelin", "ZEPPELIN", "hangar", "Meet me at the zeppelin hangar", "aque"])
@pytest.mark.parametrize("name", ["messaging/message", "messaging/messagehistory"])
def test_a_search_by_a_word_of_a_text_finds_nothing(admin, rows, name, word):
    response = admin.get(f"/admin/{name}/", {"q": word})

    assert list(response.context["cl"].result_list) == []


@pytest.mark.parametrize(
    ("name", "lookup"),
    [
        ("messaging/message", "content__contains"),
        ("messaging/message", "content"),
        ("messaging/message", "content__regex"),
        ("messaging/messagehistory", "old_content__startswith"),
        ("messaging/messagehistory", "message__content__contains"),
        ("messaging/message", "history__old_content__contains"),
        ("notifications/notification", "content__contains"),
        ("notifications/notification", "message__content__contains"),
    ],
)
def test_a_filter_by_a_text_in_the_address_is_refused(admin, rows, name, lookup):
    assert admin.get(f"/admin/{name}/", {lookup: "zeppelin"}).status_code == 400


@every_kind
def test_a_text_is_shown_on_request_and_recorded(admin, root, rows, kind, caplog):
    caplog.set_level(logging.WARNING)
    response = admin.post(page(kind, rows[kind], "text"), {"reason": "report"})

    entry = LogEntry.objects.get()
    assert {"message": TEXT, "messagehistory": EARLIER}[kind] in response.content.decode()
    assert (entry.user, entry.get_edited_object()) == (root, rows[kind])
    assert entry.change_message == "Read the text. Reason: A member reported this message."
    assert "no-store" in response.headers["Cache-Control"]
    assert f"read the text of {kind} {rows[kind].pk}: report" in caplog.text
    assert not [
        word for word in PRIVATE if word in f"{entry.object_repr} {entry.change_message} {caplog.text}"
    ]


@every_kind
@pytest.mark.parametrize("form", [{}, {"reason": ""}, {"reason": "curious"}, {"reason": "a zeppelin"}])
def test_a_text_without_a_reason_is_not_shown_and_not_recorded(admin, rows, kind, form):
    response = admin.post(page(kind, rows[kind], "text"), form)

    assert response.status_code == 422
    assert not [word for word in ("zeppelin hangar", "aqueduct") if word in response.content.decode()]
    assert not LogEntry.objects.exists()


CHANGES = ["change_message", "change_messagehistory", "change_conversation"]


@every_kind
def test_get_of_a_text_shows_and_records_nothing(admin, rows, kind):
    assert says_nothing_private(admin.get(page(kind, rows[kind], "text"), {"reason": "report"}))
    assert not LogEntry.objects.exists()


@every_kind
@pytest.mark.parametrize("rights", [[], ["view_user"], ["delete_message"], CHANGES])
def test_staff_without_the_right_to_view_messages_read_no_text(member, browser_of, rows, kind, rights):
    staff = member("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=rights))
    response = browser_of(staff).post(page(kind, rows[kind], "text"), {"reason": "report"})

    assert response.status_code == 403
    assert not LogEntry.objects.exists()


@every_kind
def test_members_are_sent_to_the_log_in_of_the_admin(alice, browser_of, rows, kind):
    response = browser_of(alice).post(page(kind, rows[kind], "text"), {"reason": "report"})

    assert response.status_code == 302
    assert "/admin/login/" in response.url


@pytest.mark.parametrize("pk", ["999999", "abc", "9" * 30, "-1", "%00", "1/../2", "_2F"])
def test_a_text_that_does_not_exist_is_404(admin, rows, pk):
    assert admin.post(f"/admin/messaging/message/{pk}/text/", {"reason": "report"}).status_code in {400, 404}
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("word", ["9" * 30, "-1", "1e5", "\x00", "%", "' or 1=1", "alice bob"])
@pytest.mark.parametrize("name", ["messaging/message", "messaging/messagehistory", "admin/logentry"])
def test_a_search_by_odd_words_is_answered(admin, rows, name, word):
    assert admin.get(f"/admin/{name}/", {"q": word}).status_code == 200


@pytest.mark.parametrize(("kind", "right"), [(kind, f"view_{kind}") for kind in KINDS])
def test_staff_with_the_right_to_view_read_a_text_on_record(member, browser_of, rows, kind, right):
    staff = member("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename=right))
    browser = browser_of(staff)

    assert "Show the text" in browser.get(page(kind, rows[kind], "change")).content.decode()
    assert browser.post(page(kind, rows[kind], "text"), {"reason": "authority"}).status_code == 200
    assert LogEntry.objects.get().user == staff


def test_page_of_a_conversation_has_no_form_for_a_text(admin, rows):
    page_of_it = admin.get(page("conversation", rows["message"].conversation, "change"))

    assert page_of_it.status_code == 200
    assert "Show the text" not in page_of_it.content.decode()


def test_markup_in_a_text_is_escaped(admin, alice, bob, write):
    message = write(alice, bob, "<script>alert(1)</script>")
    said = admin.post(page("message", message, "text"), {"reason": "fault"}).content.decode()

    assert "&lt;script&gt;alert(1)" in said


@pytest.mark.parametrize("path", ["change", "delete"])
def test_entries_of_the_log_cannot_be_changed_or_deleted(admin, rows, path):
    admin.post(page("message", rows["message"], "text"), {"reason": "report"})
    entry = LogEntry.objects.get()

    assert admin.post(f"/admin/admin/logentry/{entry.pk}/{path}/", {"post": "yes"}).status_code == 403
    assert LogEntry.objects.get() == entry


def test_the_deletion_of_a_message_is_recorded_without_its_text(admin, rows, root):
    pk = rows["message"].pk
    admin.post(page("message", rows["message"], "delete"), {"post": "yes"})

    entry = LogEntry.objects.get()
    assert not Message.objects.exists()
    assert (entry.user, entry.object_id, entry.object_repr) == (root, str(pk), f"Message {pk}")


@pytest.mark.parametrize("number", range(3))
def test_the_password_page_of_the_admin_checks_no_password(admin, root, number):
    root.set_password("a-long-enough-1")
    root.save()
    forms = [{"old_password": "wrong"}, {"old_password": "a-long-enough-1"}, {}]
    new = {"new_password1": "b-long-enough-2", "new_password2": "b-long-enough-2"}
    admin.force_login(root, backend="accounts.backends.ModelBackend")
    response = admin.post("/admin/password_change/", forms[number] | new)

    root.refresh_from_db()
    assert (response.status_code, response.url) == (302, "/accounts/password/")
    assert root.check_password("a-long-enough-1")
