"""Import of the real conversations, on machines that have them."""

import html
import io
import re
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import User
from messaging.models import Message
from messaging.threads import flatten

FILE = Path(__file__).parents[4] / "shared/data/irc-threads.jsonl.gz"


@pytest.mark.skipif(not FILE.exists(), reason="the conversations are not part of the repository")
@pytest.mark.django_db(transaction=True)
def test_52287_real_messages_import_completely_and_once(browser_of):
    out = io.StringIO()
    call_command("import_messages", str(FILE), stdout=out, stderr=io.StringIO())

    assert User.objects.count() == 4_853
    assert Message.objects.count() == 52_287
    sizes = Counter(Message.objects.values_list("thread", flat=True))
    assert len(sizes) == 12_694
    ((largest, size),) = sizes.most_common(1)
    assert size == 94
    _shows_every_message_once(browser_of, largest)

    call_command("import_messages", str(FILE), stdout=out, stderr=io.StringIO())
    assert "0 messages added, 52,287 already there, 0 skipped" in out.getvalue()


def _shows_every_message_once(reader_of, root_id):
    root = Message.objects.get(pk=root_id)
    replies = root.get_all_replies()
    assert len(replies) == 93
    depth = {root.pk: 0} | {reply.pk: reply.depth for reply in replies}
    assert all(depth[reply.pk] == depth[reply.parent_message_id] + 1 for reply in replies)

    client = reader_of(root.sender)
    assert _pages(client, root_id, "", lambda rows: [row.id for row in rows]) == 94
    assert _pages(client, root_id, "order=tree", lambda rows: [row.id for row, _ in flatten(rows)]) == 94


def _pages(client, root_id, order, in_order):
    """Check the order on each page of a thread, and return the number of its messages."""
    address, shown = f"/chats/thread/{root_id}/?{order}&from={root_id}", []
    while address:
        page = client.get(address).content.decode()
        ids = [int(pk) for pk in re.findall(r'<li id="m(\d+)"', page)]
        rows = Message.objects.in_thread(root_id).for_display().filter(pk__in=ids).order_by("pk")
        assert ids == in_order(list(rows))
        shown += ids
        later = re.search(r'rel="next" href="(\?[^"]+)"', page)
        address = f"/chats/thread/{root_id}/{html.unescape(later[1])}" if later else ""
    assert len(shown) == len(set(shown))
    return len(shown)
