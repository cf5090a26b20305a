"""`loaddata` on a running site.

It invalidates all pages that were cached before.
"""

import json

import pytest
from django.core import serializers
from django.core.management import call_command

from caching import generations
from live import receivers
from messaging.models import Conversation, Message, Participant
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ["/chats/", "/chats/unread/", "/chats/notifications/"]


def dumped(*rows, **changes):
    records = json.loads(serializers.serialize("json", rows))
    for record in records:
        record["fields"] |= {name: value for name, value in changes.items() if name in record["fields"]}
    return records


CHANGES = {
    "a name": lambda message: dumped(message.sender, username="alicia"),
    "a text": lambda message: dumped(message, content="Good evening, Bob"),
    "a counter": lambda message: dumped(*Participant.objects.all(), unread_count=7),
    "a notification": lambda message: dumped(*Notification.objects.all(), is_read=True, read=True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_loaddata_invalidates_every_cached_page(change, message, browser_of, bob, tmp_path):
    fixture = tmp_path / "rows.json"
    fixture.write_text(json.dumps(CHANGES[change](message)))
    reader = browser_of(bob)
    before = [reader.get(page).content for page in PAGES]
    assert [reader.get(page).headers["X-Cache"] for page in PAGES] == ["hit"] * 3
    call_command("loaddata", str(fixture), verbosity=0)

    assert ["X-Cache" in reader.get(page).headers for page in PAGES] == [False] * 3
    assert [reader.get(page).content for page in PAGES] != before


def test_loaddata_of_many_rows_invalidates_once(message, write_many, alice, bob, tmp_path, monkeypatch):
    write_many(alice, bob, 20)
    calls = []
    monkeypatch.setattr(receivers.generations, "invalidate_all", lambda: calls.append("invalidated"))
    monkeypatch.setattr(receivers.events, "publish", lambda to, kind: calls.append(kind))
    rows = [alice, *Conversation.objects.all(), *Message.objects.all(), *Participant.objects.all()]
    (tmp_path / "rows.json").write_text(json.dumps(dumped(*rows)))
    call_command("loaddata", str(tmp_path / "rows.json"), verbosity=0)

    assert calls == ["invalidated", "sync", "check"]


def test_loaddata_that_fails_invalidates_nothing(message, alice, tmp_path):
    (tmp_path / "rows.json").write_text(json.dumps(dumped(alice, username="alicia") * 2)[:-1])
    before = generations.generation_of(None)
    with pytest.raises(Exception, match=r"rows\.json"):
        call_command("loaddata", str(tmp_path / "rows.json"), verbosity=0)

    assert generations.generation_of(None) == before
