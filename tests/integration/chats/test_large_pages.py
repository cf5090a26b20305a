"""Pages with long texts wait for memory that they share with the password hashes."""

import pytest

from caching import memory
from chats import large_pages
from messaging.models import Message

LONG = "'" * 9_990


@pytest.fixture
def busy(monkeypatch):
    """Hold all the memory of this process."""
    shared = memory.Memory(memory.SHARED_MIB, 0.01)
    monkeypatch.setattr(memory, "shared", shared)
    with shared.taken(memory.SHARED_MIB):
        yield


@pytest.mark.parametrize(
    "page", ["/chats/with/alice/?at=1", "/chats/thread/{}/?at=1", "/chats/message/{}/history/"]
)
def test_large_page_without_memory_gets_503_and_marks_nothing_as_read(
    alice, bob, write, write_many, browser_of, busy, page
):
    root = write(alice, bob, LONG)
    write_many(alice, bob, 10, LONG, parent_message=root)
    for number in range(10):
        root.edit(f"{LONG[:-1]}{number}", by=alice)
    answer = browser_of(bob).get(page.format(root.pk))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert not Message.objects.filter(read=True).exists()


@pytest.mark.parametrize(("count", "text"), [(50, "Hello"), (50, "x" * 1_000), (6, LONG)])
def test_other_pages_do_not_wait(alice, bob, write_many, browser_of, busy, count, text):
    write_many(alice, bob, count, text)

    assert browser_of(bob).get("/chats/with/alice/?at=1").status_code == 200


def test_largest_page_fits_beside_two_hashes():
    characters = 50 * 10_000
    assert characters > large_pages.LARGE
    assert characters * large_pages.RENDERED / 2**20 + 2 * 19 <= memory.SHARED_MIB
