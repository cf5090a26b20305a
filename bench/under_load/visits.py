"""The requests of the browsers, and the expected content of each response."""

import random
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.models import User
from accounts.sessions import SessionStore
from bench.staging import WORDS, Stage
from chats.pages import INBOX_SIZE, PAGE_SIZE
from messaging.models import Message, Participant

BROWSERS = 16
REPLIES = 1_000
COUNTERPART, MESSAGE = ' data-counterpart="', ' data-message="'


@dataclass
class Kind:
    """One kind of work: the visits of each browser, which it repeats in order."""

    title: str
    visits: list[list[dict]]
    at_least: float | None = None  # Target for the ratio of its request rate to that of the floor.
    is_mixed: bool = False


class Member:
    """A logged-in member, and visits to the pages of this member."""

    def __init__(self, pk: int) -> None:
        self.user = User.objects.get(pk=pk)
        self.token = secrets.token_hex(16)  # The CSRF token, which a real browser receives with a form.
        self.cookie = (
            f"{settings.SESSION_COOKIE_NAME}={_log_in(self.user)}; {settings.CSRF_COOKIE_NAME}={self.token}"
        )
        sides = Participant.objects.filter(user=pk, last_message__isnull=False).order_by("-last_message")
        self.sides = list(
            sides.values_list(
                "counterpart_id", "counterpart__username", "last_message_id", "last_message__thread"
            )
        )

    def floor(self, size: int) -> dict:
        return {"path": f"/floor/{size}/", "cookie": self.cookie, "bytes": size}

    def inbox(self, query: str = "", **expected) -> dict:
        rows = [COUNTERPART, min(INBOX_SIZE, len(self.sides))]
        names = [name for _, name, _, _ in self.sides]
        return self._page(f"/chats/{query}", rows=rows, names=names, **expected)

    def unread(self, query: str = "", *holds: str, **expected) -> dict:
        return self._page(f"/chats/unread/{query}", *holds, **expected)

    def thread(self, root: int, query: str = "", *holds: str, **expected) -> dict:
        return self._page(f"/chats/thread/{root}/{query}", *holds, **expected)

    def replies(self) -> list[dict]:
        """Return a reply to the last message of each conversation."""
        return [
            {
                "path": f"/chats/message/{last}/reply/",
                "cookie": self.cookie,
                "token": self.token,
                "sent": [self.user.pk, counterpart, last],
            }
            for counterpart, _, last, _ in self.sides
        ]

    def _page(self, path: str, *holds: str, **expected) -> dict:
        """Return a visit that expects a page of this member."""
        signed = f'data-member="{self.user.pk}"'
        return {"path": path, "cookie": self.cookie, "holds": [signed, *holds], **expected}


def kinds(member: Member) -> list[Kind]:
    """Return the kinds to compare with the floor; all browsers use one member with large lists."""
    unread = Message.unread.for_user(member.user)[:PAGE_SIZE].values_list("pk", flat=True)
    rows: dict = {"rows": [MESSAGE, len(unread)]}
    shown = [f'data-message="{pk}"' for pk in (unread[0], unread[len(unread) - 1])]
    new = "?unique=UNIQUE"  # A unique address, which is never cached.
    return [
        Kind("inbox, 25 of 500", _all(member.inbox(new, cache="miss")), 0.35),
        Kind("inbox from the cache", _all(member.inbox(cache="hit")), 0.7),
        Kind("thread, 50 of 1,000", _in_turn(_pages_of_a_thread(member)), 0.3),
        Kind("unread list, 50 rows", _all(member.unread(new, *shown, cache="miss", **rows)), 0.5),
        Kind("unread list from the cache", _all(member.unread("", *shown, cache="hit", **rows))),
        Kind("send a reply", _in_turn(member.replies()), 0.3),
    ]


def mixed(staged: Stage) -> Kind:
    """Return visits of sixteen members to their own pages, with some sends."""
    # The member of the other kinds receives no message, since the expected pages must not change.
    some = [first + n for first in (staged.unread, staged.erased) for n in range(BROWSERS // 2)]
    visits = [_day_of(Member(pk)) for pk in some]
    return Kind("sixteen members, everything", visits, is_mixed=True)


def _day_of(member: Member) -> list[dict]:
    order = random.Random(member.user.pk)
    some = order.choices(member.sides, k=8)
    visits = [member.inbox() for _ in range(12)] + [member.unread() for _ in range(4)]
    visits += [member.thread(root, "", f'id="m{root}"') for _, _, _, root in some]
    visits += order.choices(member.replies(), k=4)
    order.shuffle(visits)
    return visits


def _pages_of_a_thread(member: Member) -> list[dict]:
    """Return visits to pages of 50 messages, spread over a thread of 1,000 read replies."""
    messages = _write_thread(member)
    step = (len(messages) - PAGE_SIZE) // BROWSERS
    return [
        member.thread(
            messages[0].pk,
            f"?from={page[0].pk}",
            *(f'id="m{message.pk}"' for message in page),
            page[0].content,
            rows=[MESSAGE, PAGE_SIZE],
        )
        for page in (messages[step * n : step * n + PAGE_SIZE] for n in range(BROWSERS))
    ]


def _write_thread(member: Member) -> list[Message]:
    order = random.Random(0)
    counterpart = User.objects.get(pk=member.sides[0][0])
    messages: list[Message] = []
    for n in range(REPLIES + 1):
        people = order.sample([member.user, counterpart], 2)
        messages.append(
            Message(
                sender=people[0],
                receiver=people[1],
                content=(WORDS * 4)[: 20 + n * 37 % 280].strip(),
                parent_message=order.choice(messages) if messages else None,
                read=True,
            )
        )
    return Message.objects.bulk_create(messages)


def _all(visit: dict) -> list[list[dict]]:
    return [[visit]] * BROWSERS


def _in_turn(visits: list[dict]) -> list[list[dict]]:
    """Divide the visits among the browsers; if they are too few, each browser starts at another visit."""
    if len(visits) >= 2 * BROWSERS:
        return [visits[n::BROWSERS] for n in range(BROWSERS)]
    return [visits[n % len(visits) :] + visits[: n % len(visits)] for n in range(BROWSERS)]


def _log_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key or ""
