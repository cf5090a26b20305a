"""A conversation and a thread open at a message: that of `?at=`, the first unread one, or the newest one."""

import re

import pytest

from messaging.models import Message

WHERE = ["/chats/with/bob/", "/chats/conversation/{conversation}/", "/chats/thread/{root}/"]


@pytest.fixture
def sent(write, write_many, alice, bob):
    """Create a thread of 121 messages from bob, which alice has read."""
    root = write(bob, alice, "root")
    replies = write_many(bob, alice, 120, parent_message=root)
    Message.objects.mark_seen(alice, [root.pk, *(reply.pk for reply in replies)])
    return [root, *replies]


@pytest.fixture(params=WHERE)
def page(request, sent):
    return request.param.format(conversation=sent[0].conversation_id, root=sent[0].pk)


def _shown(client, sent, address) -> tuple[list[int], bool, bool]:
    """Return the places of the messages on a page, and whether it links to earlier and to later ones."""
    response = client.get(address)
    assert response.status_code == 200
    text = response.content.decode()
    places = {message.pk: place for place, message in enumerate(sent)}
    ids = re.findall(r'<li id="m(\d+)"', text)
    return [places[int(pk)] for pk in ids], 'rel="prev"' in text, 'rel="next"' in text


@pytest.mark.parametrize("at", [71, 72, 100, 120])
def test_message_of_the_newest_page_opens_exactly_this_page(browser_of, alice, sent, page, at):
    found = _shown(browser_of(alice), sent, f"{page}?at={sent[at].pk}")

    assert found == ([*range(71, 121)], True, False)


@pytest.mark.parametrize(
    ("at", "first", "has_earlier"),
    [(0, 0, False), (1, 0, False), (25, 0, False), (26, 1, True), (60, 35, True), (70, 45, True)],
)
def test_earlier_message_opens_with_25_before_it(browser_of, alice, sent, page, at, first, has_earlier):
    found = _shown(browser_of(alice), sent, f"{page}?at={sent[at].pk}")

    assert found == ([*range(first, first + 50)], has_earlier, True)


@pytest.mark.parametrize(
    ("total", "has_earlier"), [(1, False), (26, False), (49, False), (50, False), (51, True)]
)
@pytest.mark.parametrize("at", ["first", "second", "last"])
def test_pages_near_the_size_of_one_page(browser_of, alice, bob, write_many, total, has_earlier, at):
    sent = write_many(alice, bob, total)
    place = {"first": 0, "second": min(1, total - 1), "last": total - 1}[at]
    found = _shown(browser_of(alice), sent, f"/chats/with/bob/?at={sent[place].pk}")
    has_later = total == 51 and at == "first"  # Only then the message is not among the newest 50.

    assert found == (
        [*range(50)] if has_later else [*range(total)][-50:],
        has_earlier and not has_later,
        has_later,
    )


def test_message_of_another_conversation_or_of_none_shows_the_newest_page(
    browser_of, alice, charlie, sent, page, write
):
    client = browser_of(alice)
    other = write(alice, charlie)
    Message.objects.filter(pk=sent[120].pk).delete()
    for at in (other.pk, sent[120].pk, 2**63 - 1):
        assert _shown(client, sent, f"{page}?at={at}") == ([*range(70, 120)], True, False)


@pytest.mark.parametrize("at", ["", "x", "-1", "0", "٣", str(2**63)])
def test_malformed_message_id_returns_404(browser_of, alice, page, at):
    assert browser_of(alice).get(f"{page}?at={at}").status_code == 404


def test_page_of_a_message_makes_the_queries_of_any_other_page(browser_of, alice, sent, page, count_queries):
    client = browser_of(alice)

    assert count_queries(client.get, f"{page}?at={sent[3].pk}") == 4
    assert count_queries(client.get, f"{page}?at={sent[120].pk}") == 4


def test_read_conversation_opens_at_its_newest_message(browser_of, alice, sent, page):
    response = browser_of(alice).get(page)

    assert (response.status_code, response.url) == (302, f"{page}?at={sent[120].pk}#m{sent[120].pk}")


def test_conversation_with_unread_messages_opens_at_the_first_of_them(
    browser_of, alice, bob, sent, page, write
):
    write(alice, bob, "unread by bob", parent_message=sent[0])
    new = [write(bob, alice, "new", parent_message=sent[0]) for _ in range(3)]

    assert browser_of(alice).get(page).url == f"{page}?at={new[0].pk}#m{new[0].pk}"
    Message.objects.mark_seen(alice, [new[0].pk])
    assert browser_of(alice).get(page).url == f"{page}?at={new[1].pk}#m{new[1].pk}"


def test_thread_opens_at_its_own_first_unread_message(browser_of, alice, bob, sent, write):
    other = write(bob, alice, "of another thread")
    inside = write(bob, alice, "of this thread", parent_message=sent[0])
    client = browser_of(alice)

    assert client.get("/chats/with/bob/").url.endswith(f"#m{other.pk}")
    assert client.get(f"/chats/thread/{sent[0].pk}/").url.endswith(f"#m{inside.pk}")
    Message.objects.mark_seen(alice, [inside.pk])
    assert client.get(f"/chats/thread/{sent[0].pk}/").url.endswith(f"#m{inside.pk}")
    assert client.get("/chats/with/bob/").url.endswith(f"#m{other.pk}")


def test_redirect_to_the_opening_message_makes_few_queries(
    browser_of, alice, bob, sent, write, count_queries
):
    client = browser_of(alice)
    thread = f"/chats/thread/{sent[0].pk}/"
    assert (count_queries(client.get, "/chats/with/bob/"), count_queries(client.get, thread)) == (2, 3)
    write(bob, alice, "new", parent_message=sent[0])

    assert (count_queries(client.get, "/chats/with/bob/"), count_queries(client.get, thread)) == (3, 2)


def test_redirect_marks_nothing_and_is_not_stored(browser_of, alice, bob, sent, page, write):
    new = write(bob, alice, "new", parent_message=sent[0])
    client = browser_of(alice)
    client.cookies["script"] = "yes"
    first = client.get(page)
    assert list(Message.unread.for_user(alice)) == [new]
    Message.objects.mark_seen(alice, [new.pk])
    later = write(bob, alice, "later", parent_message=sent[0])

    assert (first.url.partition("?")[2], client.get(page).url.partition("?")[2]) == (
        f"at={new.pk}#m{new.pk}",
        f"at={later.pk}#m{later.pk}",
    )
    assert first.headers["Cache-Control"] == "private, no-cache"


def test_parameter_of_a_browser_without_javascript_survives_the_redirect(browser_of, alice, sent, page):
    assert browser_of(alice).get(f"{page}?script=no").url.startswith(f"{page}?script=no&at={sent[120].pk}#")


def test_reply_in_the_address_of_a_thread_opens_the_thread_there(browser_of, alice, sent):
    response = browser_of(alice).get(f"/chats/thread/{sent[60].pk}/")

    assert response.url == f"/chats/thread/{sent[0].pk}/?at={sent[60].pk}#m{sent[60].pk}"


@pytest.mark.parametrize("reader", ["alice", "bob"])
def test_permalink_opens_the_conversation_at_the_message(browser_of, request, sent, reader):
    client = browser_of(request.getfixturevalue(reader))
    name = "bob" if reader == "alice" else "alice"

    address = client.get(f"/chats/message/{sent[60].pk}/").url
    assert address == f"/chats/with/{name}/?at={sent[60].pk}#m{sent[60].pk}"
    assert f'id="m{sent[60].pk}"' in client.get(address).content.decode()


def test_permalink_with_an_old_name_opens_the_conversation_by_its_id(browser_of, alice, member, write):
    sent = write(member(".."), alice)

    address = browser_of(alice).get(f"/chats/message/{sent.pk}/").url
    assert address == f"/chats/conversation/{sent.conversation_id}/?at={sent.pk}#m{sent.pk}"


def test_lists_link_to_the_message_in_its_conversation(browser_of, alice, bob, charlie, write):
    first, new = write(bob, alice, "warp"), write(charlie, alice, "weft")
    Message.objects.mark_seen(alice, [first.pk])
    here = [f"/chats/with/{who}/?at={pk}#m{pk}" for who, pk in (("bob", first.pk), ("charlie", new.pk))]
    client = browser_of(alice)

    def rows(page) -> list[str]:
        text = client.get(f"/chats/{page}").content.decode()
        return re.findall(r'<a class="(?:row|who)[^>]* href="([^"]*)"', text)

    assert rows("") == ["/chats/with/charlie/", here[0]]  # Opens at the first unread message.
    assert rows("unread/") == here[1:]
    assert rows("notifications/") == ["/chats/with/charlie/", here[0]]
    assert rows("search/?q=warp") + rows("search/?q=weft") == here


def test_link_to_a_message_with_an_old_name_is_its_permalink(browser_of, alice, member, write):
    sent = write(member(".."), alice, "warp")
    client = browser_of(alice)

    for page in ("unread/", "search/?q=warp"):
        assert f'href="/chats/message/{sent.pk}/"' in client.get(f"/chats/{page}").content.decode()


@pytest.mark.parametrize(("unread", "text"), [(False, "Jump to latest"), (True, "Jump to unread")])
def test_link_to_the_first_unread_or_latest_message_is_shown_before_later_pages(
    browser_of, alice, sent, page, unread, text
):
    client = browser_of(alice)
    if unread:
        sent[110].mark_unread()
    here = "/chats/with/bob/" if "conversation" in page else page

    assert f'<a href="{here}">{text}</a>' in client.get(f"{page}?at={sent[3].pk}").content.decode()
    assert ("Jump" in client.get(f"{page}?at={sent[120].pk}").content.decode()) == unread


@pytest.mark.parametrize("address", ["/chats/new/", "/chats/message/{}/reply/"])
def test_send_without_javascript_lands_in_the_conversation_at_the_new_message(
    browser_of, alice, sent, address
):
    form = {"to": "bob", "content": "sent now"}
    if "new" in address:
        form["conversation"] = str(sent[0].conversation_id)
    response = browser_of(alice).post(address.format(sent[0].pk), form, follow=True)

    new = Message.objects.latest("pk")
    assert response.redirect_chain[-1] == (f"/chats/with/bob/?at={new.pk}#m{new.pk}", 302)
    assert f'id="m{new.pk}"' in response.content.decode()
