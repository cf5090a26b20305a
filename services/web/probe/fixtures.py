"""The synthetic users of the privacy probe, and their messages and sessions during a run.

The users stay, because erasing them after each run would leave a record each time. Each run deletes their
messages and sessions, including the rest of a run that was killed, so no table grows.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.middleware.csrf import CSRF_ALLOWED_CHARS, CSRF_SECRET_LENGTH
from django.urls import reverse
from django.utils.crypto import get_random_string

from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.views import BACKEND
from messaging.models import Message

# The leading space keeps these names out of reach: forms strip their input, and no URL matches a space. So no
# one can log in, sign up, search or write under these names, although the users are active, as sessions need.
NAMES = (" probe-a1", " probe-a2", " probe-b1", " probe-b2")
SESSION_SECONDS = 300
LOCK = 0x626F6262696E


class InconclusiveError(Exception):
    """The run could not check something. The message is the reason, for the operator."""


@dataclass(frozen=True)
class Browser:
    """A browser in which a synthetic user is logged in."""

    name: str
    session_key: str
    secret: str  # The CSRF secret from which the tokens of its forms are derived.


@dataclass(frozen=True)
class Fixture:
    browsers: list[Browser]  # One for each user; the users of a pair are adjacent.
    other_browsers: list[Browser]  # A second browser for each user.
    roots: list[Message]  # One from the first user of each pair to the second.
    replies: list[str]  # The replies that the second user of each pair will send.

    @property
    def marks(self) -> dict[str, str]:
        """Return the markers that identify the owner of a page: a mapping of name or text to user name."""
        names = [browser.name for browser in self.browsers]
        texts = [root.content for root in self.roots] + self.replies
        return {name: name for name in names} | dict(zip(texts, names[::2] + names[1::2], strict=True))

    @property
    def shared_pages(self) -> dict[str, dict[str, frozenset[str]]]:
        """Return the pages of each pair: their URLs and the names of the pair, by view."""
        names = [browser.name for browser in self.browsers]
        pairs = list(map(frozenset, zip(names[::2], names[1::2], strict=True)))
        keys = {
            "chats:thread": [root.pk for root in self.roots],
            "chats:conversation_by_id": [root.conversation_id for root in self.roots],
        }
        queries: dict[str, list[dict[str, str]]] = {
            "chats:thread": [{}, {"order": "tree"}],
            "chats:conversation_by_id": [{}, {"part": "rows"}],
        }
        return {
            view: {
                reverse(view, args=[pk], query={"at": root.pk, **query}): pair
                for pk, root, pair in zip(ids, self.roots, pairs, strict=True)
                for query in queries[view]
            }
            for view, ids in keys.items()
        }

    def foreign_data_for(self, browser: Browser | None) -> dict[str, str]:
        """Return the texts that this browser must not be shown (None: without log-in), with a description."""
        foreign = {
            text: whose if text == whose else f"a message of {whose}"
            for text, whose in self.marks.items()
            # The names of a pair differ only in the last character.
            if browser is None or whose[:-1] != browser.name[:-1]
        }
        for other in chain(self.browsers, self.other_browsers):
            if other != browser:
                what = f"the session of another browser ({other.name})"
                foreign |= {other.session_key: what, other.secret: what}
        return foreign


@contextmanager
def exclusive() -> Iterator[None]:
    """Run one probe at a time: two would delete each other's messages."""
    # A transaction lock on a separate connection: it ends with this process, and works behind a pooler.
    with closing(connection.copy()) as guard:
        guard.set_autocommit(False)
        with guard.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                raise InconclusiveError("another privacy probe is running")
        try:
            yield
        finally:
            guard.rollback()  # close() does not wait until PostgreSQL has released the lock.


@contextmanager
def fixture() -> Iterator[Fixture]:
    members = _members()
    _clear(members)
    try:
        mark = get_random_string(12)
        pairs = list(zip(members[::2], members[1::2], strict=True))
        yield Fixture(
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
    # Only messages between synthetic users. Replies first: a message with replies cannot be deleted.
    for message in Message.objects.filter(sender__in=members, receiver__in=members).order_by("-pk"):
        message.delete()
    Session.end("user_id = ANY(%s)", [[member.pk for member in members]], "default")
