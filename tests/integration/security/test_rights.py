"""Every address with every method.

An outsider can neither see nor change a conversation of two other users.
"""

import itertools

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from accounts.models import User
from messaging.models import Conversation, Message, MessageHistory, Participant
from notifications.models import Notification

WITHOUT_TOKEN = ("GET", "HEAD", "OPTIONS", "TRACE")  # Django asks for no CSRF token with these.
METHODS = (*WITHOUT_TOKEN, "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get", "MADE-UP")
KEY = 7_001  # Of a user, conversation, participant and edit: few keys, but each address leads to a row.
SECRETS = ("hermetic text", "earlier text", "alicia", "roberto")
# The tables of these apps must not change. An outsider may change own rows, such as a session or a failed
# log-in.
TRACKED_FIELDS = ("messaging", "notifications")
BACKEND = "accounts.backends.ModelBackend"


@pytest.fixture
def objects(member):
    """Create a conversation with a thread, an edit and notifications, and return all keys."""
    alicia, roberto = member("alicia", id=KEY), member("roberto", id=KEY + 1)
    talk = Conversation.objects.create(id=KEY, low=alicia, high=roberto)
    for number, pair in enumerate([(alicia, roberto), (roberto, alicia)]):
        Participant.objects.create(id=KEY + number, conversation=talk, user=pair[0], counterpart=pair[1])
    root = Message.objects.create(sender=alicia, receiver=roberto, content="earlier text")
    root.edit("hermetic text", by=alicia)
    reply = Message.objects.create(
        sender=roberto, receiver=alicia, content="hermetic text too", parent_message=root
    )
    MessageHistory.objects.update(id=KEY)
    for message in (root, reply):
        assert Notification.objects.filter(message=message).update(id=message.pk) == 1
    assert {root.conversation_id, reply.conversation_id} == {KEY}
    keys = [str(KEY), str(root.pk), str(reply.pk)]
    return {
        "pk": keys,
        "object_id": keys[:2],  # In the administration, the reply is a row like its root.
        "username": ["alicia", "roberto"],
        "id": [str(alicia.pk)],
        "content_type_id": ["1"],
        "app_label": ["messaging"],
        "token": ["x-1"],
    }


def recorded_rows() -> str:
    """Return a digest of all rows of the tables of messages, notifications and users."""
    models = [model for label in TRACKED_FIELDS for model in apps.get_app_config(label).get_models()]
    tables = [model._meta.db_table for model in models] + ["accounts_user"]
    digest = "(SELECT md5(string_agg(row::text, '|' ORDER BY row::text)) FROM {} AS row)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(map(digest.format, tables))}")
        return str(cursor.fetchone())


def visitor(member) -> Client:
    return Client(raise_request_exception=False)


def stranger(member) -> Client:
    browser = visitor(member)
    browser.force_login(member("charlie", last_login="2026-01-01T00:00Z"), backend=BACKEND)
    return browser


def powerless_staff(member) -> Client:
    browser = visitor(member)
    staff = member("clerk", is_staff=True, last_login="2026-01-01T00:00Z")
    browser.force_login(staff, backend=BACKEND)
    return browser


@pytest.mark.parametrize("who", [visitor, stranger, powerless_staff], ids=lambda who: who.__name__)
@pytest.mark.parametrize("token", [True, False], ids=["with token", "without token"])
def test_outsiders_see_and_change_nothing_at_any_address_by_any_method(
    member, addresses, objects, who, token
):
    browser = who(member)
    browser.handler.enforce_csrf_checks = not token
    methods = METHODS if token else METHODS[len(WITHOUT_TOKEN) :]
    before = recorded_rows()

    found = []
    for address, method in itertools.product(addresses(objects), methods):
        if "logout" in address and who is not visitor:
            continue
        response = browser.generic(method, address)
        shown = b"".join(response) if response.streaming else response.content
        # A page may contain the requested address. An empty conversation shows the requested name.
        text = shown.decode(errors="replace").replace(address, "").replace(address.replace("/", "%2F"), "")
        if response.status_code == 200 and address.startswith("/chats/with/"):
            text = text.replace(address.split("/")[3], "")
        if response.status_code >= 500 or any(secret in text for secret in SECRETS):
            found.append(f"{method} {address}: {response.status_code}")
        if method == "POST" and not token and response.status_code not in {403, 405}:
            found.append(f"POST without a token {address}: {response.status_code}")

    assert found == []
    assert recorded_rows() == before


def test_participants_get_no_server_error_at_any_address_by_any_method(addresses, objects):
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.get(username="roberto"), backend=BACKEND)

    answers = {
        f"{method} {address}": browser.generic(method, address).status_code
        for address, method in itertools.product(addresses(objects), METHODS)
        if "logout" not in address and "delete" not in address
    }

    assert [requested for requested, status in answers.items() if status >= 500] == []
    assert answers["GET /chats/with/alicia/"] == 302  # At least this address reaches the conversation.


IN_ADVANCE = [
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
    {"X-Moz": "prefetch"},
]


def test_request_that_shows_nothing_changes_nothing_at_any_address(addresses, objects):
    browser = Client(raise_request_exception=False)
    browser.force_login(User.objects.get(username="roberto"), backend=BACKEND)
    browser.cookies["script"] = "no"  # Without JavaScript, a page that is shown marks its messages as read.
    before = recorded_rows()
    changing = []
    for address in addresses(objects):
        browser.head(address)
        browser.options(address)
        for headers in IN_ADVANCE:
            browser.get(address, headers=headers)
        if recorded_rows() != before:
            changing.append(address)

    assert changing == []
    browser.get("/chats/with/alicia/", follow=True)
    assert recorded_rows() != before
