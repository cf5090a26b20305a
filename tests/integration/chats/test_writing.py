"""Sending, replying and editing through the forms."""

import re
import uuid

import pytest
from zeal import zeal_context

from caching.backend import RedisCache
from messaging.models import Message


def test_new_message_leads_to_itself(browser_of, alice, bob):
    response = browser_of(alice).post("/chats/new/", {"to": "BOB", "content": "\nhello "})

    sent = Message.objects.get()
    assert (sent.receiver, sent.content) == (bob, "hello")
    assert response.url == f"/chats/message/{sent.pk}/"


def test_reply_goes_to_the_other_person_also_when_the_own_message_is_answered(
    browser_of, message, alice, bob
):
    for sender, receiver in [(bob, alice), (alice, bob)]:
        response = browser_of(sender).post(f"/chats/message/{message.pk}/reply/", {"content": "reply"})
        with zeal_context():  # Count the queries separately for each reply.
            reply = Message.objects.with_people().latest("pk")
        assert response.url == f"/chats/message/{reply.pk}/"
        assert (reply.sender, reply.receiver, reply.parent_message_id) == (sender, receiver, message.pk)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"to": "bob", "content": "   "}, "cannot be empty"),
        ({"to": "bob", "content": "x" * 10_001}, "at most 10,000 characters; this one has 10,001"),
        ({"to": "bob", "content": "a\x00b"}, "cannot be sent"),
        ({"to": "alice", "content": "draft"}, "cannot write to yourself"),
        ({"to": "bo", "content": "draft"}, "There is no member called “bo”"),
        ({"to": "", "content": "draft"}, "Who is this for?"),
        ({"to": "nul\x00", "content": "draft"}, "Null characters are not allowed"),
    ],
)
def test_a_form_that_fails_says_why_and_keeps_the_draft(browser_of, alice, bob, data, said):
    response = browser_of(alice).post("/chats/new/", data)
    page = response.content.decode()

    assert response.status_code == 422
    assert said in page
    assert data["content"].strip() in page
    assert not Message.objects.exists()


def test_incomplete_name_suggests_active_members_whose_name_begins_with_it(browser_of, alice, bob, member):
    member("bonnie")
    member("gone", is_active=False)
    page = browser_of(alice).post("/chats/new/", {"to": "Bo", "content": "x"}).content.decode()

    assert re.findall(r'name="fill" value="(\w+)"', page) == ["bob", "bonnie"]
    assert browser_of(alice).post("/chats/new/", {"to": "gone", "content": "x"}).status_code == 422


def test_suggestions_omit_oneself_and_treat_wildcards_as_letters(browser_of, alice, bob):
    client = browser_of(alice)

    assert "alice" not in client.get("/chats/people/?to=a").content.decode()
    assert 'value="bob"' in client.get("/chats/people/?to=B").content.decode()
    for odd in ("%25", "_", "%00", ""):
        assert "bob" not in client.get(f"/chats/people/?to={odd}").content.decode()


def test_the_same_form_twice_sends_once(browser_of, message, bob):
    client, form = browser_of(bob), {"content": "once", "client_id": uuid.uuid4()}
    address = f"/chats/message/{message.pk}/reply/"

    assert client.post(address, form).url == client.post(address, form).url
    assert Message.objects.filter(content="once").count() == 1


def test_the_same_form_with_another_text_is_refused_and_keeps_the_draft(browser_of, message, bob):
    client, form = browser_of(bob), {"content": "once", "client_id": uuid.uuid4()}
    address = f"/chats/message/{message.pk}/reply/"
    client.post(address, form)
    response = client.post(address, form | {"content": "twice"})

    assert response.status_code == 409
    assert "twice" in response.content.decode()
    assert Message.objects.count() == 2


def test_two_members_may_use_the_same_client_id(browser_of, message, alice, bob):
    form = {"content": "x", "client_id": uuid.uuid4()}
    for user in (alice, bob):
        browser_of(user).post(f"/chats/message/{message.pk}/reply/", form)

    assert Message.objects.filter(content="x").count() == 2


def test_each_form_has_a_different_client_id(browser_of, message, alice):
    pages = [browser_of(alice).get(f"/chats/thread/{message.pk}/?at=1").content.decode() for _ in range(2)]
    ids = {re.search(r'name="client_id" value="([^"]+)"', page)[1] for page in pages}

    assert len(ids) == 2


def test_an_edit_is_marked_and_leads_back_to_the_message(browser_of, message, alice):
    response = browser_of(alice).post(f"/chats/message/{message.pk}/edit/", {"content": "Good evening"})

    assert response.url == f"/chats/message/{message.pk}/"
    assert Message.objects.get().edited
    assert message.history.get().old_content == "Good morning, Bob"


def test_an_edit_that_fails_changes_nothing(browser_of, message, alice):
    assert browser_of(alice).post(f"/chats/message/{message.pk}/edit/", {"content": ""}).status_code == 422
    assert not message.history.exists()


def test_edit_of_a_message_deleted_during_the_request_returns_404(browser_of, message, alice, monkeypatch):
    edit = Message.edit

    def edit_late(self, content, **options):
        Message.objects.get(pk=self.pk).delete()
        edit(self, content, **options)

    monkeypatch.setattr(Message, "edit", edit_late)
    monkeypatch.setattr("chats.views.writing.edit.query_budget", 99)

    assert browser_of(alice).post(f"/chats/message/{message.pk}/edit/", {"content": "x"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_message_to_a_member_erased_during_the_request_is_refused_with_a_reason(
    browser_of, alice, bob, monkeypatch, exceeded_budgets
):
    """bob exists when the form is validated, and is erased before the message is sent."""
    from chats.views import writing

    send = writing.send

    def send_late(message):
        type(bob).objects.get(pk=bob.pk).delete()
        return send(message)

    monkeypatch.setattr(writing, "send", send_late)
    response = browser_of(alice).post("/chats/new/", {"to": "bob", "content": "draft"})

    assert response.status_code == 422
    assert "no longer there" in response.content.decode()
    assert not Message.objects.exists()
    exceeded_budgets.clear()  # The queries of the erasure were counted in the request of the sender.


@pytest.mark.django_db(transaction=True)
def test_send_takes_two_round_trips_to_redis(alice, bob, browser_of, monkeypatch):
    browser, trips = browser_of(alice), []
    fetch = RedisCache._call
    monkeypatch.setattr(
        RedisCache, "_call", lambda *args, **kwargs: trips.append(1) or fetch(*args, **kwargs)
    )

    assert browser.post("/chats/new/", {"to": "bob", "content": "Hello"}).status_code == 302
    # One reads the session. The other, after the commit, invalidates the cache and publishes the event.
    assert len(trips) == 2
