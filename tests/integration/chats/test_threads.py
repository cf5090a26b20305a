"""The list of threads: those of a member, the latest reply first."""

import re
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import F

from messaging.models import Message, Thread

TEXT = re.compile(r'<span class="excerpt[^>]*>((?:<span class="quiet">You:</span> <bdi>)?[^<]*)<')


@pytest.fixture(autouse=True)
def without_cache(settings):
    settings.CACHE_PAGES = False  # These tests run in a transaction, whose changes invalidate nothing.


@pytest.fixture
def shown(browser_of):
    """Return a function that returns the threads of a member: the root, both texts and the address."""

    def rows(user, query=""):
        page = browser_of(user).get(f"/chats/threads/{query}").content.decode()
        found = []
        for row in page.split("<li data-root=")[1:]:
            texts = [re.sub("<.*?>", "", text) for text in TEXT.findall(row)]
            found.append((int(row.split('"')[1]), *texts, re.search(r'href="([^"]+)"', row)[1]))
        return found

    return rows


@pytest.fixture
def thread(write, alice, bob):
    """Return a function that writes a thread of alice and bob with replies of bob."""

    def make(text, *replies):
        root = write(alice, bob, text)
        return root, [write(bob, alice, reply, parent_message=root) for reply in replies]

    return make


def test_threads_of_a_member_are_listed_by_their_latest_reply(shown, thread, write, alice, bob):
    loom, _ = thread("The loom", "It arrived")
    tea, _ = thread("Tea?", "Yes", "At nine")
    last = write(bob, alice, "And it works", parent_message=loom)
    write(alice, bob, "A message without replies")

    both = [
        (loom.pk, "The loom", "And it works", f"/chats/thread/{loom.pk}/"),
        (tea.pk, "Tea?", "At nine", f"/chats/thread/{tea.pk}/"),
    ]
    assert shown(alice) == both
    Message.objects.mark_all_read(alice)
    assert shown(alice)[0] == (*both[0][:3], f"/chats/thread/{loom.pk}/?at={last.pk}#m{last.pk}")
    assert shown(bob)[1][1:3] == ("Tea?", "You: At nine")


def test_only_its_members_see_a_thread(shown, thread, write, alice, charlie):
    thread("The loom", "It arrived")
    other = write(charlie, alice, "Good morning")
    write(alice, charlie, "To you, too", parent_message=other)

    assert [row[1] for row in shown(charlie)] == ["Good morning"]
    assert [row[1] for row in shown(alice)] == ["Good morning", "The loom"]


def test_a_thread_with_unread_messages_is_marked(browser_of, thread, alice, bob):
    root, _ = thread("The loom", "It arrived")
    browser = browser_of(alice)
    assert 'class="is-unread"' in browser.get("/chats/threads/").content.decode()

    Message.objects.mark_conversation_read(alice, root.conversation_id, up_to=2**53)
    assert 'class="is-unread"' not in browser.get("/chats/threads/").content.decode()
    # The first message of alice is unread, and belongs to the thread as well.
    assert 'class="is-unread"' in browser_of(bob).get("/chats/threads/").content.decode()


def test_pages_show_every_thread_once(shown, thread, alice):
    made = [thread(f"Thread {number}", "Yes")[0].pk for number in range(60)]
    last = dict(Thread.objects.values_list("root", "last_reply"))
    found, query = [], ""
    for _ in range(3):
        found += [row[0] for row in shown(alice, query)]
        query = f"?before={last[found[-1]]}"

    assert found == made[::-1]
    assert shown(alice, query) == []


def test_texts_of_members_are_escaped(browser_of, thread, alice):
    thread("<b>loom</b> & **warp**", "<i>weft</i>")
    page = browser_of(alice).get("/chats/threads/").content.decode()

    assert "&lt;b&gt;loom&lt;/b&gt; &amp; warp" in page
    assert "&lt;i&gt;weft&lt;/i&gt;" in page


def test_list_has_the_latest_reply_after_a_deletion(write_many, thread, wrong_counters, alice, bob, write):
    root, _ = thread("The loom", "It arrived")
    write_many(bob, alice, 20, parent_message=root)
    assert wrong_counters() == []
    Message.objects.order_by("pk").last().delete()
    assert wrong_counters() == []

    for reply in Message.objects.filter(thread_root=root).order_by("-pk"):
        reply.delete()
    assert (Thread.objects.count(), wrong_counters()) == (0, [])
    write(bob, alice, "Again", parent_message=root)
    assert (Thread.objects.count(), wrong_counters()) == (1, [])


@pytest.mark.django_db(transaction=True)
def test_replies_of_both_members_at_once_leave_the_latest(at_once, thread, write, alice, bob, wrong_counters):
    root, _ = thread("The loom", "It arrived")

    def reply(sender, receiver):
        for number in range(20):
            write(sender, receiver, f"Reply {number}", parent_message=root)

    at_once(*(lambda pair=pair: reply(*pair) for pair in [(alice, bob), (bob, alice)] * 2))
    assert Message.objects.filter(thread_root=root).count() == 81
    assert wrong_counters() == []


def test_migration_lists_the_threads_that_exist(
    thread, write_many, wrong_counters, alice, charlie, monkeypatch
):
    for number in range(3):
        thread(f"Thread {number}", "Yes", "No")
    [root] = write_many(alice, charlie, 1)
    write_many(charlie, alice, 5, parent_message=root)
    Thread.objects.get(root=root).delete()
    # As after replies of a process of the previous release.
    Thread.objects.update(last_reply_id=F("root_id") + 1)
    assert len(wrong_counters()) == 4

    migration = import_module("messaging.migrations.0015_list_existing_threads")
    monkeypatch.setattr(migration, "SIZE", 1)
    with connection.schema_editor() as editor:
        migration.add_threads(None, editor)
    assert (Thread.objects.count(), wrong_counters()) == (4, [])
