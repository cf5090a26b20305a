"""What a page asks while nobody tells it: has anything changed?"""

import pytest
from django.test import override_settings

from chats import cache
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_new_is_304_and_any_change_is_another_stamp(browser_of, message, alice, bob):
    client = browser_of(bob)
    first = client.get("/chats/state/")
    again = client.get("/chats/state/", headers={"If-None-Match": first["ETag"]})

    stamp = first["ETag"].strip('"')
    assert first.json() == {"member": bob.pk, "stamp": stamp, "unread": 1, "notifications": 1}
    assert again.status_code == 304
    message.edit("Good evening", by=alice)
    changed = client.get("/chats/state/", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed.json()["stamp"] != first.json()["stamp"]


def test_304_costs_one_query(browser_of, message, bob, django_assert_num_queries):
    client = browser_of(bob)
    tag = client.get("/chats/state/")["ETag"]

    with django_assert_num_queries(1):
        assert client.get("/chats/state/", headers={"If-None-Match": tag}).status_code == 304


def test_somebody_elses_message_changes_nothing(browser_of, write, alice, bob, charlie):
    client = browser_of(charlie)
    stamp = client.get("/chats/state/").json()["stamp"]
    write(alice, bob)

    assert client.get("/chats/state/").json()["stamp"] == stamp


def test_without_redis_nobody_knows(browser_of, message, bob, monkeypatch):
    monkeypatch.setattr(cache, "epoch_of", lambda user_id: None)
    response = browser_of(bob).get("/chats/state/")

    assert response.json() == {"member": bob.pk, "stamp": None, "unread": 1, "notifications": 1}
    assert "ETag" not in response.headers


@pytest.mark.parametrize("page", ["/chats/", "/chats/unread/", "/chats/with/alice/", "/chats/thread/{}/"])
def test_a_page_says_as_of_when_it_is(browser_of, message, bob, page):
    client = browser_of(bob)
    Message.objects.mark_read(bob, message.conversation_id, up_to=message.pk)
    stamp = client.get("/chats/state/").json()["stamp"]

    assert f'data-stamp="{stamp}"' in client.get(page.format(message.pk)).content.decode()


def test_a_page_that_marks_as_read_is_as_of_before(browser_of, message, bob):
    client = browser_of(bob)
    stamp = client.get("/chats/state/").json()["stamp"]
    page = client.get(f"/chats/thread/{message.pk}/").content.decode()

    assert f'data-stamp="{stamp}"' in page
    assert 'data-badge="unread"' not in page  # Its badges are of after.
    assert client.get("/chats/state/").json()["stamp"] != stamp


@override_settings(EVENTS_PORT=8100)
def test_a_page_says_where_to_listen_when_that_is_elsewhere(browser_of, bob):
    assert 'data-events-port="8100"' in browser_of(bob).get("/chats/").content.decode()


def test_what_is_marked_unread_is_unread_again(browser_of, message, alice, bob, drift):
    client = browser_of(bob)
    client.get(f"/chats/thread/{message.pk}/")
    response = client.post(f"/chats/message/{message.pk}/unread/")

    assert response.url == "/chats/unread/"
    assert f'data-message="{message.pk}"' in client.get("/chats/unread/").content.decode()
    assert drift() == []


@pytest.mark.parametrize("who", ["alice", "charlie"])
def test_only_its_receiver_can_mark_a_message_unread(browser_of, message, alice, charlie, who):
    browser = browser_of({"alice": alice, "charlie": charlie}[who])

    assert browser.post(f"/chats/message/{message.pk}/unread/").status_code == 404
    assert browser.get(f"/chats/message/{message.pk}/unread/").status_code == 404 or who == "alice"
