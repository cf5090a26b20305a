"""Pages of messages come from the cache if they have no new message and a script reports what is seen."""

import re

import pytest

from accounts.models import User
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]*)"')
CLIENT_ID = re.compile(r'name="client_id" value="([^"]*)"')
PAGES = [
    "/chats/with/{name}/?at={message}",
    "/chats/conversation/{conversation}/?at={message}",
    "/chats/thread/{message}/?at={message}",
]


@pytest.fixture
def his(browser_of, message, bob):
    """A browser of the receiver, who has read the message. A script has run in it."""
    Message.objects.mark_seen(bob, [message.pk])
    client = browser_of(bob)
    client.cookies["script"] = "yes"
    client.get("/chats/new/")  # Sets the CSRF cookie.
    return client


@pytest.fixture(params=PAGES)
def page(request, message):
    name, conversation = message.sender.username, message.conversation_id
    return request.param.format(name=name, conversation=conversation, message=message.pk)


def _load(client, page):
    response = client.get(page)
    assert response.status_code == 200
    return response.content.decode(), response.headers.get("X-Cache") == "hit"


def test_second_request_costs_no_query_and_equals_the_first(his, page, count_queries):
    first, is_hit = _load(his, page)
    assert not is_hit
    assert count_queries(his.get, page) == 0
    again, is_hit = _load(his, page)

    assert is_hit
    assert CLIENT_ID.sub("", TOKEN.sub("", again)) == CLIENT_ID.sub("", TOKEN.sub("", first))


def test_each_response_has_another_client_id_and_a_valid_token(his, page):
    his.handler.enforce_csrf_checks = True
    pages = [_load(his, page)[0] for _ in range(3)]
    ids = [found for text in pages for found in CLIENT_ID.findall(text)]

    assert len(set(ids)) == len(ids) == 3
    assert "<%" not in "".join(pages)
    form = {"csrfmiddlewaretoken": TOKEN.findall(pages[-1])[0], "client_id": ids[-1], "content": "from a hit"}
    action = re.search(r'class="compose[^"]*" method="post" action="([^"]*)"', pages[-1])[1]
    form |= dict(re.findall(r'name="(to|conversation)" value="([^"]*)"', pages[-1]))
    assert his.post(action, form).status_code == 302
    assert "from a hit" in _load(his, page)[0]


def test_page_with_a_new_message_is_not_stored_until_the_message_is_seen(his, page, message, alice, bob):
    new = Message.objects.create(sender=alice, receiver=bob, content="new", parent_message=message)
    assert [_load(his, page)[1] for _ in range(3)] == [False, False, False]
    Message.objects.mark_seen(bob, [new.pk])

    found = [_load(his, page) for _ in range(2)]
    assert [hit for _, hit in found] == [False, True]
    assert "is-new" not in found[1][0]


CHANGES = {
    "message": lambda m: Message.objects.create(
        sender=m.sender, receiver=m.receiver, content="CHANGED", parent_message=m
    ),
    "edit": lambda m: m.edit("CHANGED", by=m.sender),
    "rename": lambda m: _save(m.sender, username="CHANGED"),
    "deactivation": lambda m: _save(m.sender, is_active=False),
}


def _save(user, **fields):
    for name, value in fields.items():
        setattr(user, name, value)
    user.save()


@pytest.mark.parametrize("change", CHANGES)
def test_first_request_after_a_change_shows_it(his, message, change):
    page = f"/chats/conversation/{message.conversation_id}/?at={message.pk}"
    assert [_load(his, page)[1] for _ in range(2)] == [False, True]
    CHANGES[change](message)

    text, is_hit = _load(his, page)
    assert not is_hit
    assert "CHANGED" in text or "account is deactivated" in text


def test_read_receipt_of_the_counterpart_appears(browser_of, message, alice, bob):
    hers = browser_of(alice)
    hers.cookies["script"] = "yes"
    hers.get("/chats/new/")
    assert ["· seen" in _load(hers, "/chats/with/bob/?at=1")[0] for _ in range(2)] == [False, False]
    Message.objects.mark_seen(bob, [message.pk])

    assert "seen" in _load(hers, "/chats/with/bob/?at=1")[0]


def test_other_user_does_not_get_the_page(his, browser_of, message, page, charlie):
    assert [_load(his, page)[1] for _ in range(2)] == [False, True]
    strange = browser_of(charlie)
    strange.cookies["script"] = "yes"

    answers = [strange.get(page) for _ in range(3)]
    # The name of a member leads to an empty conversation.
    assert [answer.status_code for answer in answers] == [200 if "with" in page else 404] * 3
    assert [answer for answer in answers if message.content in answer.content.decode()] == []


def test_page_of_an_erased_conversation_is_gone(his, page, alice):
    assert [_load(his, page)[1] for _ in range(2)] == [False, True]
    User.objects.get(pk=alice.pk).delete()

    assert his.get(page).status_code == 404


@pytest.mark.parametrize("cookie", ["", "no"])
def test_page_for_a_browser_without_javascript_is_not_stored(his, page, cookie):
    his.cookies["script"] = cookie

    assert [_load(his, page)[1] for _ in range(3)] == [False, False, False]


def test_page_requested_without_javascript_is_not_stored(his, page):
    assert [_load(his, f"{page}&script=no")[1] for _ in range(2)] == [False, False]


def test_version_of_a_script_is_compared_by_the_view(his, page):
    text = [_load(his, page)[0] for _ in range(2)][1]
    version = re.search(r'data-version="([^"]*)"', text)[1]
    response = his.get(page, headers={"If-None-Match": f'"{version}"'})

    assert response.status_code == 304
    assert "ETag" not in his.get(page).headers
