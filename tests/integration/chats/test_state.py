"""The state that a page polls while it has no event stream."""

import pytest
from django.test import override_settings

from caching.generations import generation_of, pending_invalidations
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


def test_unchanged_state_is_304_and_a_change_gives_another_generation(browser_of, message, alice, bob):
    client = browser_of(bob)
    first = client.get("/chats/state/")
    again = client.get("/chats/state/", headers={"If-None-Match": first["ETag"]})

    generation = generation_of(bob.pk)
    badges = {"unread": 1, "notifications": 1}
    assert first.json() == {"member": bob.pk, "name": "bob", "generation": generation} | badges
    assert again.status_code == 304
    message.edit("Good evening", by=alice)
    changed = client.get("/chats/state/", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed.json()["generation"] != first.json()["generation"]


def test_304_costs_no_query(browser_of, message, bob, django_assert_num_queries):
    client = browser_of(bob)
    tag = client.get("/chats/state/")["ETag"]

    with django_assert_num_queries(0):
        assert client.get("/chats/state/", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "read",
    [
        lambda message, reader: Message.objects.mark_seen(reader, [message.pk]),
        lambda message, reader: Message.objects.mark_all_read(reader),
        lambda message, reader: Message.objects.mark_conversation_read(
            reader, message.conversation_id, up_to=message.pk
        ),
        lambda message, reader: Message.objects.get(pk=message.pk).mark_read(),
    ],
    ids=["seen", "all", "conversation", "one"],
)
def test_receipt_changes_the_state_of_the_sender_alone(browser_of, message, alice, bob, charlie, read):
    clients = [browser_of(user) for user in (alice, charlie)]
    before = [client.get("/chats/state/").json()["generation"] for client in clients]
    read(message, bob)
    after = [client.get("/chats/state/").json()["generation"] for client in clients]

    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True]


def test_message_of_others_does_not_change_the_state(browser_of, write, alice, bob, charlie):
    client = browser_of(charlie)
    generation = client.get("/chats/state/").json()["generation"]
    write(alice, bob)

    assert client.get("/chats/state/").json()["generation"] == generation


def test_state_without_redis_has_no_generation(browser_of, message, write, alice, bob, monkeypatch):
    monkeypatch.setattr(pending_invalidations, "any", lambda: True)
    client = browser_of(bob)
    for unread in (1, 2):
        found = client.get("/chats/state/").json()
        assert (found["generation"], found["unread"]) == (None, unread)
        write(alice, bob)


@pytest.mark.parametrize(
    "page", ["/chats/", "/chats/unread/", "/chats/with/alice/?at=1", "/chats/thread/{}/?at=1"]
)
def test_page_contains_its_generation(browser_of, message, bob, page):
    client = browser_of(bob)
    Message.objects.mark_conversation_read(bob, message.conversation_id, up_to=message.pk)
    generation = client.get("/chats/state/").json()["generation"]

    assert f'data-generation="{generation}"' in client.get(page.format(message.pk)).content.decode()


def test_page_that_marks_as_read_contains_the_generation_from_before(browser_of, message, bob):
    client = browser_of(bob)
    generation = client.get("/chats/state/").json()["generation"]
    page = client.get(f"/chats/thread/{message.pk}/?at=1").content.decode()

    assert f'data-generation="{generation}"' in page
    assert 'data-badge="unread"' not in page  # The badges already reflect the change.
    assert client.get("/chats/state/").json()["generation"] != generation


@override_settings(EVENTS_PORT=8100)
def test_page_contains_the_configured_port_of_events(browser_of, bob):
    assert 'data-events-port="8100"' in browser_of(bob).get("/chats/").content.decode()


def test_message_marked_unread_is_in_the_unread_list_again(browser_of, message, alice, bob, wrong_counters):
    client = browser_of(bob)
    client.get(f"/chats/thread/{message.pk}/?at=1")
    response = client.post(f"/chats/message/{message.pk}/unread/")

    assert response.url == "/chats/"
    assert f'data-message="{message.pk}"' in client.get("/chats/unread/").content.decode()
    assert wrong_counters() == []


@pytest.mark.parametrize("who", ["alice", "charlie"])
def test_only_its_receiver_can_mark_a_message_unread(browser_of, message, alice, charlie, who):
    browser = browser_of({"alice": alice, "charlie": charlie}[who])

    assert browser.post(f"/chats/message/{message.pk}/unread/").status_code == 404
    assert browser.get(f"/chats/message/{message.pk}/unread/").status_code == 404 or who == "alice"
