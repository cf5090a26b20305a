"""The synthetic members of the canary, and what they have while it looks.

The members stay: an erasure each round would leave a record each. All else goes with each round: their
messages and log-ins, and what a round that was killed has left. So nothing grows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.middleware.csrf import CSRF_ALLOWED_CHARS, CSRF_SECRET_LENGTH
from django.utils.crypto import get_random_string

from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.views import BACKEND
from messaging.models import Message

# The space keeps people out: forms strip what is typed, and no address has one. So nobody can log in or sign
# up under such a name, look for it or write to it, though the members are active, as a log-in needs them.
NAMES = (" canary-a1", " canary-a2", " canary-b1", " canary-b2")
SESSION_SECONDS = 300
LOCK = 0x626F6262696E


class CannotCheckError(Exception):
    """Why nothing is known, in words."""


@dataclass(frozen=True)
class Browser:
    """One in which a canary is logged in."""

    name: str
    session_key: str
    secret: str  # What the tokens of its forms are made from.

    @property
    def pair(self) -> str:
        return self.name[:-1]


@dataclass(frozen=True)
class Scene:
    browsers: list[Browser]  # One for each member, the pairs side by side.
    other_browsers: list[Browser]  # Another one for each.
    roots: list[Message]  # The first of each pair has written to the second.
    replies: list[str]  # What the second is going to answer.

    def to_write(self) -> Iterator[tuple[int, str]]:
        return zip((root.pk for root in self.roots), self.replies, strict=True)

    @property
    def marks(self) -> dict[str, str]:
        """What tells whose page it is: each text, and the canary that it belongs to."""
        names = [browser.name for browser in self.browsers]
        texts = [root.content for root in self.roots] + self.replies
        return {name: name for name in names} | dict(zip(texts, names[::2] + names[1::2], strict=True))

    def foreign_to(self, browser: Browser | None) -> dict[str, str]:
        """What this browser (None: a visitor's) must not be shown, and what to call it."""
        foreign = {
            text: whose if text == whose else f"a message of {whose}"
            for text, whose in self.marks.items()
            if browser is None or not whose.startswith(browser.pair)
        }
        for other in chain(self.browsers, self.other_browsers):
            if other != browser:
                what = f"the session of another browser ({other.name})"
                foreign |= {other.session_key: what, other.secret: what}
        return foreign


@contextmanager
def alone() -> Iterator[None]:
    """One canary at a time, or they would take each other's messages away."""
    # The lock of a transaction on a connection of its own: it ends with us, and behind a pooler too.
    guard = connection.copy()
    try:
        guard.set_autocommit(False)
        with guard.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                raise CannotCheckError("another canary is at work")
        yield
    finally:
        guard.close()


@contextmanager
def scene() -> Iterator[Scene]:
    members = _members()
    _clear(members)
    try:
        mark = get_random_string(12)
        pairs = list(zip(members[::2], members[1::2], strict=True))
        yield Scene(
            browsers=[_log_in(member) for member in members],
            other_browsers=[_log_in(member) for member in members],
            roots=[
                Message.objects.create(sender=first, receiver=second, content=f"Root {number} {mark}")
                for number, (first, second) in enumerate(pairs)
            ],
            replies=[f"Reply {number} {mark}" for number, _ in enumerate(pairs)],
        )
    finally:
        _clear(members)


def _members() -> list[User]:
    found = User.objects.in_bulk(NAMES, field_name="username")
    return [found.get(name) or User.objects.create_user(name) for name in NAMES]


def _log_in(member: User) -> Browser:
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.set_expiry(SESSION_SECONDS)
    session.save()
    secret = get_random_string(CSRF_SECRET_LENGTH, CSRF_ALLOWED_CHARS)
    return Browser(member.username.strip(), str(session.session_key), secret)


def _clear(members: list[User]) -> None:
    # Between canaries only. Replies first: what has some cannot be deleted.
    for message in Message.objects.filter(sender__in=members, receiver__in=members).order_by("-pk"):
        message.delete()
    sessions = Session.objects.filter(user__in=members)
    keys = list(sessions.values_list("session_key", flat=True))
    sessions.delete()
    for key in keys:
        SessionStore(key).forget()
