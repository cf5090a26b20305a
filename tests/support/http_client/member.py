"""Actions of members on the pages of Bobbin, and the contents of these pages."""

import secrets
from typing import NamedTuple

from tests.support.http_client.browser import Browser, Page

LARGEST_KEY = 2**63 - 1  # As in accounts/requests.py. Of the last page.


class Shown(NamedTuple):
    """A message on a page."""

    id: int
    content: str
    edited: bool
    depth: int | None  # None on pages that do not nest messages.


class Notification(NamedTuple):
    id: int
    text: str
    unread: bool


class Row(NamedTuple):
    """A conversation in the inbox."""

    text: str
    unread: int


class Member(Browser):
    """A browser in which one member is logged in."""

    def __init__(self, base: str, name: str, password: str = ""):
        super().__init__(base, name)
        self.password = password or secrets.token_urlsafe(18)
        self.has_account = False

    # --- The account ------------------------------------------------------------------------------
    def sign_up(self) -> None:
        fields = {"username": self.name, "password1": self.password}
        self.expect_redirect(self.submit("/accounts/signup/", **fields), "/chats/")
        self.has_account = True

    def log_in(self) -> Page:
        return self.submit("/accounts/login/", username=self.name, password=self.password)

    def log_out(self) -> None:
        answer = self.submit("/accounts/", action="/accounts/logout/")
        self.expect(answer.status == 200, "the page after a log-out", answer)

    def another_browser(self) -> "Member":
        """Return another browser for the same member, not logged in."""
        return Member(self.base, self.name, self.password)

    def delete_account(self) -> None:
        answer = self.submit("/accounts/delete/", password=self.password)
        self.expect(answer.status == 200, "the page after an erasure", answer)
        self.has_account = False

    def expect_no_log_in(self) -> None:
        """Check that a log-in fails, so the account is deleted and not just logged out."""
        answer = self.log_in()
        self.has_account = bool(answer.location)
        self.expect(not answer.location, "that nobody can log in to a deleted account", answer)

    # --- Writing ----------------------------------------------------------------------------------
    def send(self, to: "Member", content: str) -> int:
        """Start a thread; return the id of its first message, which is also the id of the thread."""
        answer = self.submit("/chats/new/", to=to.name, content=content)
        return self.expect_redirect(answer, r"/chats/message/(\d+)/")

    def reply(self, message: int, content: str) -> int:
        """Reply to a message; return the id of the reply."""
        answer = self.submit(f"/chats/message/{message}/reply/", content=content)
        return self.expect_redirect(answer, r"/chats/message/(\d+)/")

    def edit(self, message: int, content: str) -> None:
        answer = self.submit(f"/chats/message/{message}/edit/", content=content)
        self.expect_redirect(answer, rf"/chats/message/({message})/")

    # --- Reading ----------------------------------------------------------------------------------
    def thread(self, root: int) -> list[Shown]:
        """Return the messages of a thread as a tree from top to bottom; the request marks them as read."""
        return self._opened(f"/chats/thread/{root}/?order=tree")

    def conversation(self, other: "Member") -> list[Shown]:
        """Return the newest messages of a conversation. By default it opens at the first unread one."""
        return self._messages(self.get(f"/chats/with/{other.name}/?to={LARGEST_KEY}"))

    def follow_link_to(self, message: int) -> list[Shown]:
        """Return the messages of the page to which the address of one message redirects."""
        link = self.get(f"/chats/message/{message}/", status=302)
        self.expect(link.location.endswith(f"#m{message}"), f"a redirect that ends in #m{message}", link)
        return self._messages(self.get(link.location.partition("#")[0]))

    def _opened(self, address: str) -> list[Shown]:
        """Return the messages of the page to which a thread redirects."""
        place = self.get(address, status=302).location.partition("#")[0]
        return self._messages(self.get(place))

    def history(self, message: int) -> list[str]:
        """Return the previous texts of a message, latest first."""
        page = self.get(f"/chats/message/{message}/history/")
        return [text.text for text in page.document.all(cls="old-content")]

    def unread(self) -> list[int]:
        """Return the ids in the list of unread messages, from top to bottom."""
        return [message.id for message in self._messages(self.get("/chats/unread/"))]

    def inbox(self) -> dict[str, Row]:
        """Return the rows of the inbox, by the name of the counterpart."""
        return rows_of(self.get("/chats/"))

    def notifications(self) -> list[Notification]:
        page = self.get("/chats/notifications/")
        items = page.document.all("li", attribute="data-notification")
        return [
            Notification(int(li.attributes["data-notification"]), li.text, "unread" in li.classes)
            for li in items
        ]

    def badge(self, name: str, on: str = "/chats/notifications/") -> int:
        """Return the number in the badge "Unread" (`unread`) or "Notifications" (`notifications`)."""
        badges = self.get(on).document.all(attribute="data-badge")
        numbers = [badge.text for badge in badges if badge.attributes["data-badge"] == name] or ["0"]
        self.expect(numbers[0].isdecimal(), f"a number in the badge {name!r}", numbers)
        return int(numbers[0])

    def _messages(self, page: Page) -> list[Shown]:
        shown = []
        for li in page.document.all("li", attribute="id"):
            depth = li.attributes.get("data-depth")
            shown.append(
                Shown(
                    id=int(li.attributes["id"].removeprefix("m")),
                    content=li.text_of("content"),
                    edited=bool(li.all(cls="edited")),
                    depth=int(depth) if depth else None,
                )
            )
        return shown


def rows_of(page: Page) -> dict[str, Row]:
    rows = page.document.all("li", attribute="data-counterpart")
    return {
        li.attributes["data-counterpart"]: Row(li.text, int(li.text_of("unread-count") or 0)) for li in rows
    }
