"""Tasks 3 and 4: replies in reading order, and the list of unread messages."""

from tests.support.http_client.browser import Browser
from tests.support.http_client.cast import Cast, text


def threaded_replies(cast: Cast) -> None:
    """Replies at several depths come below their parent, and only the two participants see them."""
    alice, bob, charlie = cast[:3]
    contents: list[str] = []

    def say(number: int) -> str:
        contents.append(text(f"message {number}"))
        return contents[-1]

    root = alice.send(bob, say(0))
    ids = [root]
    # Senders of the replies and the numbers of their parents, not in reading order. Each of the last five
    # replies to the message before it.
    written = [(bob, 0), (alice, 0), (alice, 1), (bob, 2), (bob, 3), (alice, 1), (alice, 3)]
    for who, parent in [*written, (bob, 7), (alice, 8), (bob, 9), (alice, 10), (alice, 11)]:
        ids.append(who.reply(ids[parent], say(len(ids))))
    in_order = [0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 6, 2, 4]
    depths = [0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 2, 1, 2]
    wanted = [(ids[n], depth, contents[n]) for n, depth in zip(in_order, depths, strict=True)]

    def expect_thread() -> None:
        for who in (alice, bob):
            seen = [(m.id, m.depth, m.content) for m in who.thread(root)]
            who.expect(seen == wanted, f"(id, depth, text) in this order: {wanted}", seen)

    expect_thread()
    found = [m.id for m in bob.follow_link_to(ids[12])]
    bob.expect(ids[12] in found, f"message {ids[12]} where its address leads", found)

    private = alice.send(charlie, text("for charlie alone"))
    for outsider, message in ((charlie, root), (charlie, ids[12]), (bob, private)):
        for page in ("", "reply/", "history/"):
            outsider.get(f"/chats/message/{message}/{page}", status=404)
        answer = outsider.post(f"/chats/message/{message}/reply/", content=text("from outside"))
        outsider.expect(answer.status == 404, "status 404", answer)
    charlie.get(f"/chats/thread/{root}/", status=404)
    visitor = Browser(bob.base)
    visitor.expect_redirect(visitor.get(f"/chats/thread/{root}/", status=302), "/accounts/login/")
    bob.get(f"/chats/thread/{private}/", status=404)
    expect_thread()
    kept = [m.id for m in charlie.thread(private)]
    charlie.expect(kept == [private], f"the one message {private}", kept)


def unread_messages(cast: Cast) -> None:
    """The list holds the unread messages of bob, newest first, until he opens their pages."""
    alice, bob, charlie = cast[:3]
    others = {who: who.unread() for who in (alice, charlie)}
    if bob.unread():  # After a task that failed, which must not make this one fail too.
        bob.conversation(alice)
    before = bob.unread()

    def expect_unread(*ids: int) -> None:
        wanted = [*ids, *before]
        seen = bob.unread()
        bob.expect(seen == wanted, f"these unread messages, newest first: {wanted}", seen)
        for page in ("/chats/unread/", "/chats/notifications/"):
            count = bob.badge("unread", on=page)
            bob.expect(count == len(wanted), f"{len(wanted)} in the badge of unread messages", count)

    expect_unread()
    first = alice.send(bob, text("one"))
    second = alice.send(bob, text("two"))
    other = charlie.send(bob, text("from charlie"))
    reply = alice.reply(first, text("one more"))
    expect_unread(reply, other, second, first)

    alice.thread(first)  # A request of the sender marks nothing.
    bob.get(f"/chats/message/{first}/reply/")
    expect_unread(reply, other, second, first)
    bob.thread(first)
    expect_unread(other, second)
    bob.follow_link_to(second)
    expect_unread(other)
    bob.conversation(charlie)
    expect_unread()
    for who, then in others.items():
        now = who.unread()
        who.expect(now == then, f"these unread messages: {then}", now)
