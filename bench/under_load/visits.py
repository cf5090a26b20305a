"""The requests of the browsers, and the expected content of each response."""

import random
import secrets
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.models import User
from accounts.requests import LARGEST_KEY
from accounts.sessions import SessionStore
from bench.staging import Stage
from bench.under_load import written
from chats.pages import INBOX_SIZE, PAGE_SIZE
from chats.views import seen
from messaging.models import Message, Participant
from notifications.groups import grouped
from notifications.models import Notification

BROWSERS = 16
MIX = "60 % inbox, 20 % conversation, 15 % unread, 5 % send"
COUNTERPART, NOTIFICATION = ' data-counterpart="', ' data-notification="'
MESSAGE, UNREAD = ' class="meta ', ' data-message="'  # Of a conversation or a thread, and of the unread list.


@dataclass
class Kind:
    """One kind of work: the visits of each browser, which it repeats in order."""

    title: str
    visits: list[list[dict]]
    # Targets for the ratios of its request rate to those of the floors.
    of_the_floor: float | None = None
    of_the_plain_floor: float | None = None
    is_mixed: bool = False


class Member:
    """A logged-in member, and visits to the pages of this member."""

    def __init__(self, pk: int) -> None:
        self.user = User.objects.get(pk=pk)
        self.token = secrets.token_hex(16)  # The CSRF token, which a real browser receives with a form.
        cookies = {
            settings.SESSION_COOKIE_NAME: _log_in(self.user),
            settings.CSRF_COOKIE_NAME: self.token,
            seen.COOKIE: "yes",  # As in browsers with JavaScript: opening a page marks nothing as read.
        }
        self.cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
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

    def notifications(self, **expected) -> dict:
        groups = grouped(Notification.objects.for_user(self.user).rows()[:PAGE_SIZE])
        return self._page("/chats/notifications/", rows=[NOTIFICATION, len(groups)], **expected)

    def state(self, **expected) -> dict:
        own = f'"member": {self.user.pk},'
        return {"path": "/chats/state/", "cookie": self.cookie, "holds": [own], **expected}

    def conversation(self, name: str, query: str = "", **expected) -> dict:
        newest = f"/chats/with/{name}/?to={LARGEST_KEY}"  # The newest page, without a redirect.
        return self._page(f"{newest}{query}", f'data-with="{name}"', **expected)

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
    """Return the kinds to compare with the floors; all browsers use one member with large lists."""
    thread = _in_turn(_pages_of_a_thread(member))
    counterpart, name, *_ = member.sides[1]
    written.conversation(member.user, counterpart)
    unread = Message.unread.for_user(member.user)[:PAGE_SIZE].values_list("pk", flat=True)
    shown = [f'{UNREAD}{pk}"' for pk in (unread[0], unread[len(unread) - 1])]
    new = "?unique=UNIQUE"  # A unique address, which is never cached.
    opened = partial(member.conversation, name, rows=[MESSAGE, PAGE_SIZE])
    some: dict = {"rows": [UNREAD, len(unread)]}
    everyone = every_browser
    return [
        Kind("inbox, 25 of 500", everyone(member.inbox(new, cache="miss")), 0.35, 0.6),
        Kind("inbox from the cache", everyone(member.inbox(cache="hit")), 0.7, 2),
        Kind("inbox, unchanged (304)", everyone(member.inbox(status=304)), None, 2.5),
        Kind("polling state, unchanged (304)", everyone(member.state(status=304)), None, 2.5),
        Kind("notifications from the cache", everyone(member.notifications(cache="hit")), None, 2),
        Kind("conversation, 50 of 1,200", everyone(opened("&unique=UNIQUE", cache="miss")), None, 0.5),
        Kind("conversation from the cache", everyone(opened(cache="hit")), None, 1.5),
        Kind("thread, 50 of 1,000", thread, 0.3),
        Kind("unread list, 50 rows", everyone(member.unread(new, *shown, cache="miss", **some)), 0.5, 0.6),
        Kind("unread list from the cache", everyone(member.unread("", *shown, cache="hit", **some)), None, 2),
        Kind("send a reply", _in_turn(member.replies()), 0.3, 0.5),
    ]


def mixed(staged: Stage) -> Kind:
    """Return visits of sixteen members to their own pages, with some sends, in the shares that MIX names."""
    # The member of the other kinds receives no message, since the expected pages must not change.
    some = [first + n for first in (staged.unread, staged.erased) for n in range(BROWSERS // 2)]
    visits = [_day_of(Member(pk)) for pk in some]
    return Kind(MIX, visits, of_the_plain_floor=1, is_mixed=True)


def _day_of(member: Member) -> list[dict]:
    order = random.Random(member.user.pk)
    visits = [member.inbox() for _ in range(36)] + [member.unread() for _ in range(9)]
    visits += [member.conversation(name) for _, name, _, _ in order.choices(member.sides, k=12)]
    visits += order.choices(member.replies(), k=3)
    order.shuffle(visits)
    return visits


def _pages_of_a_thread(member: Member) -> list[dict]:
    """Return visits to pages of 50 messages, spread over a thread of 1,000 read replies."""
    messages = written.thread(member.user, member.sides[0][0])
    step = (len(messages) - PAGE_SIZE) // BROWSERS
    return [
        member.thread(
            messages[0].pk,
            f"?from={page[0].pk}&unique=UNIQUE",
            *(f'id="m{message.pk}"' for message in page),
            page[0].content,
            rows=[MESSAGE, PAGE_SIZE],
            cache="miss",
        )
        for page in (messages[step * n : step * n + PAGE_SIZE] for n in range(BROWSERS))
    ]


def every_browser(visit: dict) -> list[list[dict]]:
    """Return the visits of all browsers, which repeat this one."""
    return [[visit]] * BROWSERS


def _in_turn(visits: list[dict]) -> list[list[dict]]:
    """Divide the visits among the browsers; if they are too few, each browser starts at another visit."""
    if len(visits) >= 2 * BROWSERS:
        return [visits[n::BROWSERS] for n in range(BROWSERS)]
    return [visits[n % len(visits) :] + visits[: n % len(visits)] for n in range(BROWSERS)]


def _log_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "accounts.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key or ""
