"""Task 5: the inbox comes from the cache, shows every change at once, and is shown only to its owner."""

from itertools import cycle, permutations

from tests.support.http_client.browser import Browser, Page
from tests.support.http_client.cast import Cast, text
from tests.support.http_client.member import Member, Row, rows_of


def fresh_private_inbox(cast: Cast) -> None:
    """After each kind of change, the next inbox shows it, in every order of requests."""
    alice, bob, charlie = cast[:3]
    visitor = _logged_out_browser_of(bob)
    root = reply = alice.send(bob, said := text("the first"))
    _read_everything(cast)
    _expect_cached(alice)
    _expect_cached(bob)

    waiting: dict[Browser, int] = {alice: 0, bob: 0}  # Number of unread messages of each.
    changes = cycle(["send", "reply", "edit", "read"])
    # Try every order in which the four can request the inbox: none may get the cached page of another.
    for order in permutations([alice, bob, charlie, visitor]):
        for who in (alice, bob, charlie):
            _inbox(who)  # Caches the page as it is before the change.
        change = next(changes)
        if change == "send":
            root = alice.send(bob, said := text("sent"))
            waiting[bob] += 1
        elif change == "reply":
            reply = bob.reply(root, said := text("replied"))
            waiting[alice] += 1
        elif change == "edit":
            bob.edit(reply, said := text("edited"))
        else:
            _read_everything(cast)
            waiting = {alice: 0, bob: 0}
        for browser in order:
            if browser is visitor:
                browser.expect_redirect(browser.get("/chats/", status=302), "/accounts/login/")
            elif browser is charlie:
                page = _inbox(charlie)
                charlie.expect(said not in page.body, "nothing of what alice and bob write", rows_of(page))
            else:
                counterpart = bob if browser is alice else alice
                row = rows_of(_inbox(browser)).get(counterpart.name, Row("no such row", 0))
                wanted = (
                    f"beside {counterpart.name} {said!r} and {waiting[browser]} unread, after this: {change}"
                )
                browser.expect(said in row.text and row.unread == waiting[browser], wanted, row)


def _inbox(who: Browser) -> Page:
    page = who.get("/chats/")
    control = page.headers["Cache-Control"] or "none"
    who.expect("private" in control and "public" not in control, "Cache-Control: private", control)
    return page


def _expect_cached(who: Member) -> None:
    # Four requests, since a change by another user of a busy server may come between two of them.
    answers = [_inbox(who).headers["X-Cache"] for _ in range(4)]
    who.expect("hit" in answers[1:], "a second look answered from the cache (X-Cache: hit)", answers)


def _read_everything(cast: Cast) -> None:
    cast.alice.conversation(cast.bob)
    cast.bob.conversation(cast.alice)


def _logged_out_browser_of(member: Member) -> Browser:
    """Return a browser that has shown the inbox of the member and was logged out."""
    browser = member.another_browser()
    browser.expect_redirect(browser.log_in(), "/chats/")
    browser.inbox()
    browser.log_out()
    browser.name += " after logging out"
    return browser
