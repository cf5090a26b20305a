"""A thread is in the order of time, or a tree, and its links, redirects and cached pages keep this choice."""

import re

import pytest

TREE = "order=tree"


@pytest.fixture
def branches(message, write, alice, bob):
    """Create two replies to a first message of alice, and a reply to the earlier one. Return all four."""
    first, second = (write(bob, alice, f"answer {n}", parent_message=message) for n in range(2))
    return message, first, second, write(alice, bob, "below", parent_message=first)


def _get(client, address) -> str:
    response = client.get(address, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def _ids(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<li id="m(\d+)"', page)]


def test_thread_is_in_the_order_of_time_with_quotes_and_days(browser_of, branches, alice):
    root, first, second, below = branches
    page = _get(browser_of(alice), f"/chats/thread/{root.pk}/")

    assert _ids(page) == [root.pk, first.pk, second.pk, below.pk]
    assert re.findall(r'class="answers">In reply to (\w+): <a href="#m(\d+)"', page) == [
        ("bob", f"{first.pk}")
    ]
    assert "data-depth" not in page
    assert page.count('<li class="separator"><h2><time') == 1
    assert " is-more" in page


def test_tree_is_shown_by_choice_and_each_page_links_to_the_other(browser_of, branches, alice):
    root, first, second, below = branches
    client = browser_of(alice)
    by_time, tree = (_get(client, f"/chats/thread/{root.pk}/{query}") for query in ("", f"?{TREE}"))

    assert _ids(tree) == [root.pk, first.pk, below.pk, second.pk]
    assert f'<a href="?{TREE}">Show as a tree</a>' in by_time
    assert f'<a href="/chats/thread/{root.pk}/">Show in order of time</a>' in tree
    assert _ids(_get(client, f"/chats/thread/{root.pk}/?order=other")) == _ids(by_time)


def test_links_and_redirects_of_a_tree_lead_to_a_tree(browser_of, thread_of, alice, bob):
    root = thread_of(120, shape="fan")
    reply = root.get_all_replies()[60]
    thread, client = f"/chats/thread/{root.pk}/", browser_of(bob)
    at = rf"{thread}\?{TREE}&at=\d+#m\d+"
    assert re.fullmatch(at, client.get(f"{thread}?{TREE}").url)
    assert client.get(f"/chats/thread/{reply.pk}/?{TREE}").url == f"{thread}?{TREE}&at={reply.pk}#m{reply.pk}"
    for order in ("", TREE):
        page = _get(client, f"{thread}?at={reply.pk}&{order}")
        links = re.findall(r'rel="(?:prev|next)" href="([^"]+)"', page)
        jump = re.search(r'class="jump">\s*<a href="(/[^"]+)"', page)
        assert [link.endswith(f"&amp;{TREE}") for link in links] == [bool(order)] * 2
        assert jump is None or jump[1].endswith(TREE) is bool(order)


@pytest.mark.django_db(transaction=True)
def test_cached_pages_of_both_orders_are_kept_apart(browser_of, branches, alice):
    root, first, _, below = branches
    first.mark_read(), branches[2].mark_read()
    client = browser_of(alice)
    client.cookies["script"] = "yes"
    address = f"/chats/thread/{root.pk}/?at={root.pk}"
    pages = [_get(client, f"{address}{order}") for order in ("", f"&{TREE}") for _ in range(2)]
    hit = client.get(f"{address}&{TREE}")

    assert [_ids(page).index(below.pk) for page in pages] == [3, 3, 2, 2]
    assert hit.headers["X-Cache"] == "hit"
    assert f'id="m{first.pk}"' in hit.content.decode()
