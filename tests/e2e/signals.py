"""Tasks 0 to 2: the effects of sending a message, editing it, and deleting an account.

The tasks run one after the other with the same members, so each checks only the changes since its start.
"""

from tests.support.http_client.cast import Cast, text
from tests.support.http_client.member import Member, Notification


def notification_on_send(cast: Cast) -> None:
    """The receiver of a message or reply is notified once; reading it marks the notification as read."""
    alice, bob, charlie = cast[:3]
    known = {who: {notification.id for notification in who.notifications()} for who in (alice, bob, charlie)}

    def new(who: Member) -> list[Notification]:
        return [notification for notification in who.notifications() if notification.id not in known[who]]

    def expect_one(who: Member, sender: Member) -> None:
        found = new(who)
        fine = len(found) == 1 and f"{sender.name} · 1 new message" in found[0].text and found[0].unread
        who.expect(fine, f"exactly one new notification, unread, of one message from {sender.name}", found)

    def expect_none(who: Member) -> None:
        found = new(who)
        who.expect(not found, "no new notification", found)

    def expect_read(who: Member) -> None:
        found = new(who)
        who.expect(
            not any(notification.unread for notification in found),
            "the new notifications marked as read",
            found,
        )

    message = alice.send(bob, text("hello"))
    expect_one(bob, sender=alice)
    expect_none(alice)

    bob.reply(message, text("hello back"))
    expect_one(alice, sender=bob)
    expect_one(bob, sender=alice)
    expect_none(charlie)

    count = bob.badge("notifications")
    bob.thread(message)
    expect_read(bob)
    seen = bob.badge("notifications")
    bob.expect(seen == count - 1, f"{count - 1} in the badge of notifications", seen)

    notification = new(alice)[0]
    refused = charlie.post(f"/chats/notifications/{notification.id}/read/")
    charlie.expect(refused.status == 404, "status 404", refused)
    expect_one(alice, sender=bob)
    alice.submit("/chats/notifications/", action=f"/chats/notifications/{notification.id}/read/")
    expect_read(alice)

    bob.reply(message, text("one more thing"))
    alice.submit("/chats/notifications/", action="/chats/notifications/read/")
    expect_read(alice)
    seen = alice.badge("notifications")
    alice.expect(seen == 0, "no badge after all notifications are marked as read", seen)


def edit_history(cast: Cast) -> None:
    """Both participants see that a message was edited, and its earlier texts; only its sender can edit."""
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
    """alice2 signs up, writes with bob and deletes her account; bob then sees the same as before."""
    bob, leaver = cast.bob, cast.alice2

    def seen_by_bob() -> dict[str, object]:
        return {
            "inbox": bob.inbox(),
            "unread": bob.unread(),
            "notifications": [notification.id for notification in bob.notifications()],
            "badges": (bob.badge("unread"), bob.badge("notifications")),
        }

    before = seen_by_bob()
    leaver.sign_up()
    second_browser = leaver.another_browser()
    second_browser.expect_redirect(second_browser.log_in(), "/chats/")
    root = leaver.send(bob, text("I shall leave"))
    reply = leaver.reply(bob.reply(root, text("must you?")), text("I must"))
    leaver.edit(reply, text("I really must"))
    own = bob.send(leaver, text("then farewell"))

    def expect_still_there() -> None:
        leaver.get("/chats/")
        bob.expect(leaver.name in bob.inbox(), f"the conversation with {leaver.name}", "none")
        unread = bob.unread()
        bob.expect({root, reply} <= set(unread), f"the unread messages {root} and {reply}", unread)

    leaver.get("/accounts/delete/")
    expect_still_there()
    refused = leaver.submit("/accounts/delete/", password="not-the-password")
    leaver.expect(not refused.location, "the form again, for the wrong password", refused)
    expect_still_there()

    leaver.delete_account()
    for browser in (leaver, second_browser):
        browser.expect_redirect(browser.get("/chats/", status=302), "/accounts/login/")
    leaver.expect_no_log_in()

    after = seen_by_bob()
    for place, then in before.items():
        bob.expect(after[place] == then, f"{place} as before {leaver.name} came: {then}", after[place])
    for address in (f"thread/{root}", f"thread/{own}", f"with/{leaver.name}", f"message/{reply}/history"):
        bob.get(f"/chats/{address}/", status=404)
    answer = bob.submit("/chats/new/", to=leaver.name, content=text("are you there?"))
    bob.expect(not answer.location, "that nobody can write to a deleted account", answer)
