"""The six tasks of the specification, each as what people do on the pages and what they must see.

alice and bob write to each other; charlie must never see any of it. The tasks run one after the other with
the same people, so each looks at what is new since it began.
"""

import secrets
from itertools import cycle, permutations
from typing import NamedTuple

from bobbin_verify.browser import Browser
from bobbin_verify.member import Member, Notice, Row, rows_of


class Cast(NamedTuple):
    alice: Member
    bob: Member
    charlie: Member
    alice2: Member  # Has no account yet: she comes and goes in task 2.


def text(about: str) -> str:
    """A text that occurs nowhere else."""
    return f"{about} {secrets.token_hex(4)}"


def notification_on_send(cast: Cast) -> None:
    alice, bob, charlie = cast[:3]
    known = {who: {notice.id for notice in who.notifications()} for who in (alice, bob, charlie)}

    def new(who: Member) -> list[Notice]:
        return [notice for notice in who.notifications() if notice.id not in known[who]]

    def expect_one(who: Member, sender: Member) -> None:
        found = new(who)
        fine = len(found) == 1 and sender.name in found[0].text and found[0].unread
        who.expect(fine, f"exactly one new notification, unread, that names {sender.name}", found)

    def expect_none(who: Member) -> None:
        found = new(who)
        who.expect(not found, "no new notification", found)

    message = alice.send(bob, text("hello"))
    expect_one(bob, sender=alice)
    expect_none(alice)

    bob.reply(message, text("hello back"))
    expect_one(alice, sender=bob)
    expect_one(bob, sender=alice)
    expect_none(charlie)

    count = bob.badge("notifications")
    bob.thread(message)
    bob.expect(
        not any(notice.unread for notice in new(bob)), "the notification read, as its thread is", new(bob)
    )
    seen = bob.badge("notifications")
    bob.expect(seen == count - 1, f"{count - 1} in the badge of notifications", seen)

    notice = new(alice)[0]
    refused = charlie.post(f"/chats/notifications/{notice.id}/read/")
    charlie.expect(refused.status == 404, "status 404", refused)
    expect_one(alice, sender=bob)
    alice.submit("/chats/notifications/", action=f"/chats/notifications/{notice.id}/read/")
    alice.expect(not any(notice.unread for notice in new(alice)), "the notification read", new(alice))


def edit_history(cast: Cast) -> None:
    alice, bob, charlie = cast[:3]
    first, second, third = text("first"), text("second"), text("third")
    message = alice.send(bob, first)

    def expect_text(content: str, edited: bool, history: list[str]) -> None:
        for who in (alice, bob):
            found = [(m.content, m.edited) for m in who.thread(message)]
            wanted = f"{content!r}, {'marked' if edited else 'not marked'} as edited"
            who.expect(found == [(content, edited)], wanted, found)
            before = who.history(message)
            who.expect(before == history, f"the edit history {history}", before)

    expect_text(first, edited=False, history=[])
    alice.edit(message, first)
    expect_text(first, edited=False, history=[])
    alice.edit(message, second)
    expect_text(second, edited=True, history=[first])
    alice.edit(message, second)
    alice.edit(message, third)
    expect_text(third, edited=True, history=[second, first])

    for page in ("edit", "history"):
        charlie.get(f"/chats/message/{message}/{page}/", status=404)
    for who in (charlie, bob):
        answer = who.post(f"/chats/message/{message}/edit/", content=text("forged"))
        who.expect(answer.status in {403, 404}, "status 404", answer)
    expect_text(third, edited=True, history=[second, first])


def account_deletion(cast: Cast) -> None:
    bob, leaver = cast.bob, cast.alice2

    def what_bob_sees() -> dict[str, object]:
        return {
            "inbox": bob.inbox(),
            "unread": bob.unread(),
            "notifications": [notice.id for notice in bob.notifications()],
            "badges": (bob.badge("unread"), bob.badge("notifications")),
        }

    before = what_bob_sees()
    leaver.sign_up()
    elsewhere = leaver.another_browser()
    elsewhere.expect_redirect(elsewhere.log_in(), "/chats/")
    root = leaver.send(bob, text("I shall leave"))
    reply = leaver.reply(bob.reply(root, text("must you?")), text("I must"))
    leaver.edit(reply, text("I really must"))
    own = bob.send(leaver, text("then farewell"))

    def expect_still_there() -> None:
        leaver.get("/chats/")
        bob.expect(leaver.name in bob.inbox(), f"the conversation with {leaver.name}", "none")
        unread = bob.unread()
        bob.expect(unread[:2] == [reply, root], f"the unread messages {[reply, root]} first", unread)

    leaver.get("/accounts/delete/")
    expect_still_there()
    refused = leaver.submit("/accounts/delete/", password="not-the-password")
    leaver.expect(not refused.location, "the form again, for the wrong password", refused)
    expect_still_there()

    leaver.delete_account()
    for browser in (leaver, elsewhere):
        browser.expect_redirect(browser.get("/chats/", status=302), "/accounts/login/")
    answer = leaver.log_in()
    leaver.has_account = bool(answer.location)
    leaver.expect(not answer.location, "that nobody can log in to a deleted account", answer)

    after = what_bob_sees()
    for place, then in before.items():
        bob.expect(after[place] == then, f"{place} as before {leaver.name} came: {then}", after[place])
    for address in (f"thread/{root}", f"thread/{own}", f"with/{leaver.name}", f"message/{reply}/history"):
        bob.get(f"/chats/{address}/", status=404)
    answer = bob.submit("/chats/new/", to=leaver.name, content=text("are you there?"))
    bob.expect(not answer.location, "that nobody can write to a deleted account", answer)


def threaded_replies(cast: Cast) -> None:
    alice, bob, charlie = cast[:3]
    contents: list[str] = []

    def say(number: int) -> str:
        contents.append(text(f"message {number}"))
        return contents[-1]

    root = alice.send(bob, say(0))
    ids, parents = [root], [0]
    # Who answers which message, by its number above; not in the order in which they are to be read. In the
    # last five each answers the one before it.
    written = [(bob, 0), (alice, 0), (alice, 1), (bob, 2), (bob, 3), (alice, 1), (alice, 3)]
    for who, parent in [*written, (bob, 7), (alice, 8), (bob, 9), (alice, 10), (alice, 11)]:
        parents.append(parent)
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
    bob.get(f"/chats/thread/{private}/", status=404)
    expect_thread()
    kept = [m.id for m in charlie.thread(private)]
    charlie.expect(kept == [private], f"the one message {private}", kept)


def unread_messages(cast: Cast) -> None:
    alice, bob, charlie = cast[:3]
    others = {who: who.unread() for who in (alice, charlie)}
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

    alice.thread(first)  # Its sender looks: that marks nothing.
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


def fresh_private_inbox(cast: Cast) -> None:
    alice, bob, charlie = cast[:3]
    visitor = _logged_out_browser_of(bob)
    root = alice.send(bob, text("the first"))
    for who in (alice, bob):
        _expect_cached(who)

    said = ""
    changes = cycle(["send", "reply", "edit", "read"])
    # Every order in which the four can be the first, second, ... to ask after a change.
    for order in permutations([alice, bob, charlie, visitor]):
        change = next(changes)
        for who in (alice, bob, charlie):
            who.inbox()  # Now in the cache, as it was before the change.
        if change == "send":
            said = text("sent")
            root = last = alice.send(bob, said)
        elif change == "reply":
            said = text("replied")
            last = alice.reply(root, said)
        elif change == "edit":
            said = text("edited")
            alice.edit(last, said)
        else:
            bob.thread(root)
        for browser in order:
            if browser is visitor:
                browser.expect_redirect(browser.get("/chats/", status=302), "/accounts/login/")
            else:
                _expect_inbox(cast, browser, said, after=change)


def _expect_inbox(cast: Cast, who: Browser, said: str, after: str) -> None:
    page = who.get("/chats/")
    control = page.headers["Cache-Control"] or ""
    who.expect("private" in control and "public" not in control, "Cache-Control: private", control)
    rows = rows_of(page)
    if who is cast.charlie:
        who.expect(said not in page.body, "nothing of what alice and bob write", rows)
        return
    counterpart = cast.bob if who is cast.alice else cast.alice
    row = rows.get(counterpart.name, Row("", 0))
    who.expect(said in row.text, f"{said!r} beside {counterpart.name} right after this change: {after}", rows)
    if who is cast.bob:
        is_unread = after != "read"
        wanted = "messages counted as unread" if is_unread else "no message counted as unread"
        who.expect(bool(row.unread) == is_unread, f"{wanted} right after this change: {after}", row)


def _expect_cached(who: Member) -> None:
    # More than once: on a busy server somebody's change may come between two looks.
    answers = [who.get("/chats/").headers["X-Cache"] for _ in range(4)]
    who.expect("hit" in answers, "a second look answered from the cache (X-Cache: hit)", answers)


def _logged_out_browser_of(member: Member) -> Browser:
    browser = member.another_browser()
    browser.expect_redirect(browser.log_in(), "/chats/")
    browser.inbox()
    browser.log_out()
    browser.name += " after logging out"
    return browser


TASKS = {
    "a message notifies its receiver": notification_on_send,
    "an edit keeps the previous text in a history and marks the message": edit_history,
    "deleting an account leaves nothing of it": account_deletion,
    "replies are nested in reading order": threaded_replies,
    "the unread list shows what is unread, and reading empties it": unread_messages,
    "the cached inbox is private and always up to date": fresh_private_inbox,
}
