"""Every function that processes text of users, wrapped as a call with one text. Add new functions here.

tests/unit/test_work_on_text.py counts the work of these functions, and `make bench` measures their times.
"""

import functools
import io
import json
import types
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, QueryDict

from accounts import (
    devices,
    login_throttling,
    lookalikes,
    names,
    next_page,
    normal_forms,
    passwords,
    sessions,
)
from accounts.models import User
from chats import addresses, formatting, forms, initials, links, list_rows, pages, rows
from chats.row_formats import call_macro
from chats.views import search as search_page
from chats.views import seen
from config import requests
from live.headers import last_event_id
from messaging import content, editing, excerpts, threads
from messaging.importing import members, records
from messaging.querysets import LONG_EXCERPT
from messaging.search import Found, Results, letters, query, snippets
from messaging.search.fields import Fields, read
from messaging.search.parse import LONGEST, Term, parse
from observability import client

# Modules whose functions process text of users. Only their work is counted step by step; a call of another
# function costs the size of its arguments and of its result.
MODULES = (
    "accounts.devices", "accounts.login_throttling", "accounts.lookalikes", "accounts.managers",
    "accounts.models", "accounts.names", "accounts.next_page", "accounts.normal_forms", "accounts.passwords",
    "accounts.requests", "accounts.sessions",
    "chats.addresses", "chats.blocks", "chats.formatting", "chats.forms", "chats.initials", "chats.links",
    "chats.list_rows", "chats.new_message", "chats.pages", "chats.rows", "chats.spans",
    "chats.views.search", "chats.views.seen", "config.requests", "live.headers",
    "messaging.content", "messaging.editing", "messaging.excerpts", "messaging.threads",
    "messaging.importing.members", "messaging.importing.records",
    "messaging.search.fields", "messaging.search.folded", "messaging.search.letters",
    "messaging.search.parse", "messaging.search.query", "messaging.search.snippets",
    "observability.client",
)  # fmt: skip
MARKED = "> - a\n> - *a* `b`\n```\na\n```\n- a\n- "
QUOTED = "> > - a\n> > - *b* "
NOW = datetime(2026, 11, 28, tzinfo=UTC)
ALICE = types.SimpleNamespace(username="alice", is_active=True)
RECORD = {
    "id": 2,
    "sender": "a",
    "receiver": "b",
    "content": "c",
    "timestamp": "2026-11-28T10:00:00Z",
    "parent": 1,
}


def message(text: str, number: int = 2, parent: int | None = None) -> types.SimpleNamespace:
    """Return a row with the attributes that pages and lists read."""
    return types.SimpleNamespace(
        id=number, sender_id=1, content=text, timestamp=NOW, sent_at=NOW, read=True, edited=True, read_at=NOW,
        parent_message_id=parent, parent_sender_id=1, parent_excerpt=text, excerpt=text, name=text, thread=1,
        unread_count=1, last_message_id=1, conversation_id=1, counterpart_id=1, thread_replies=[1, 1],
    )  # fmt: skip


def message_rows(text: str, nested: bool = False) -> list[rows.MessageRow]:
    return rows.message_rows([message(text, 4, 1)], 2, text, nested=nested, can_reply=True)


def marked(*terms: str) -> list[Any]:
    """Return the patterns of a search for these words and for the phrase that consists of them."""
    wanted = [Term(term) for term in terms] + [Term(" ".join(terms), phrase=True)]
    folded = {one.text: (letters.fold(one.text), letters.fold(one.text, accents=True)) for one in wanted}
    return query.markers(query.needles([[one] for one in wanted], folded, whole=False))


def search_query(text: str) -> None:
    """Build the parameters of the search query, once for words and once for a phrase."""
    folded = {text: (letters.fold(text), letters.fold(text, accents=True))}
    for phrase in (False, True):
        wanted = query.needles([[Term(text, phrase)]], folded, whole=phrase)
        query.tsquery([[1], [2], [], []], wanted)
        query.patterns(wanted)
        query.markers(wanted)


def thread(text: str) -> None:
    """Flatten a thread with one reply for every fourth character; the character selects its parent."""
    above = [max(number - ord(letter) % 5, 0) or None for number, letter in enumerate(text[::4])]
    replies = [threads.ThreadRow(id, parent, 1, "", NOW, True, False) for id, parent in enumerate(above, 1)]
    threads.flatten(replies)
    threads.flatten(replies, below=1)


def record(name: str) -> Callable[[str], Any]:
    """Return a function that parses an import line with the text in this field."""
    return lambda text: records.parse(
        1, json.dumps(RECORD | {name: text}, ensure_ascii=False).encode(**AS_IT_IS)
    )


def import_of(text: str) -> None:
    for _ in records.batches(io.BytesIO(text.encode(**AS_IT_IS)), 2):
        pass


def requested(view: Callable, **query_string: str) -> Any:
    request = HttpRequest()
    request.GET = QueryDict(mutable=True)
    request.GET.update(query_string)
    return view(request)


def form(text: str) -> None:
    """Validate a form and render it again."""
    sent = forms.ReplyForm({"content": text, "client_id": text, "to": text}, counterpart=ALICE)
    sent.is_valid()
    for name in sent.fields:
        str(sent[name])


def quietly(function: Callable, *args: Any) -> Any:
    """Call a function that may reject the text, and return None if it does."""
    try:
        return function(*args)
    except (ValidationError, records.BadLineError, Http404, AssertionError) as refusal:
        if isinstance(refusal, AssertionError) and refusal.args:
            raise
        return None


AS_IT_IS: Any = {"encoding": "utf-8", "errors": "surrogatepass"}
READERS: dict[str, Callable[[str], Any]] = {
    "live.headers.last_event_id": lambda text: last_event_id(
        b"last=" + text.encode(errors="replace"), {"last-event-id": text}
    ),
    # Messages.
    "links.parts": links.parts,
    "formatting.formatted": formatting.formatted,
    "formatting.formatted, after markers": lambda text: formatting.formatted(MARKED + text),
    "formatting.formatted, nested": lambda text: formatting.formatted(QUOTED + text.replace("\n", "\n> ")),
    "formatting.formatted, fence": lambda text: formatting.formatted(f"```{text}!\n```"),
    "formatting.without_markers": formatting.without_markers,
    "formatting.heading": formatting.heading,
    "content.clean_content": content.clean_content,
    "excerpts.begin": lambda text: excerpts.begin(text, 120),
    "excerpts.begin, long": lambda text: excerpts.begin(text, LONG_EXCERPT),
    "excerpts.first_words": lambda text: excerpts.first_words(text, 30),
    "forms.ReplyForm": form,
    "forms.check_name": lambda text: forms.check_name(text, ALICE),
    "pages.version_of": lambda text: pages.version_of(pages.Window([message(text)], None, None), 2, text),
    "rows.message_rows": lambda text: message_rows(text, nested=True),
    "rows.message_rows, conversation": message_rows,
    "list_rows.inbox_rows": lambda text: list_rows.inbox_rows([message(text)], 1, memo=None),
    "list_rows.unread_rows": lambda text: list_rows.unread_rows([message(text)], memo=None),
    "initials.initials": initials.initials,
    "addresses.conversations": lambda text: addresses.conversations()(text, 1),
    "addresses.has_address": addresses.has_address,
    "editing.version_of": lambda text: editing.version_of(text.encode(**AS_IT_IS).decode(errors="replace")),
    "threads.flatten": thread,
    # Search.
    "letters.fold": letters.fold,
    "letters.fold, accents": lambda text: letters.fold(text, accents=True),
    "letters.words": letters.words,
    "parse.parse": lambda text: parse(text, "alice"),
    "fields.read": lambda text: read(text, "alice", Fields()),
    "fields.read, with fields": lambda text: read(text, "alice", Fields(text, "sent")),
    "query.needles": lambda text: search_query(text[:LONGEST]),
    "query.keys": lambda text: list(query.keys(text)),
    "snippets.snippet": lambda text: snippets.snippet(text, marked("a", "é", "木")),
    "snippets.snippet, own words": lambda text: snippets.snippet(text, marked(text[:10], text[10:20])),
    "snippets.rank": lambda text: snippets.rank(text, marked("a", text[:10])),
    "_rows.html, found_rows": lambda text: call_macro(
        "found_rows", [Found(1, NOW, 1, text, text, [(text, True), (text, False)], 1.0)], 1
    ),
    "search._links": lambda text: search_page._links(text, Fields(text), False, Results([]), 0),
    "search._last": lambda text: requested(search_page._last, last=text),
    # Names and passwords.
    "names.key": names.key,
    "names.pattern_of": names.pattern_of,
    "names.spelling": names.spelling,
    "names.validate": names.validate,
    "names.is_valid": names.is_valid,
    "next_page.invited_to": lambda text: next_page.invited_to(f"/chats/new/?to={text}"),
    "normal_forms.normalize": lambda text: [normal_forms.normalize(form, text) for form in ("NFC", "NFKD")],
    "lookalikes.group": lookalikes.group,
    "lookalikes.groups": lookalikes.groups,
    "lookalikes.look_alike": lambda text: lookalikes.look_alike(text, text + "a"),
    "managers.named": User.objects.named,
    "managers.named_like": User.objects.named_like,
    "models.normalize_username": User.normalize_username,
    "models.has_name": User(username="alice").has_name,
    "login_throttling.counted": login_throttling.counted,
    "devices._digest": functools.partial(devices._digest, "name"),
    "passwords.composed": passwords.composed,
    # Imports.
    **{f"records.parse, {name}": record(name) for name in ("sender", "content", "timestamp", "parent")},
    "records.batches": import_of,
    "members._storable": lambda text: members._storable([text]),
    "members._substitute": lambda text: members.Members()._substitute(text),
    # Addresses and headers.
    "sessions.is_key": sessions.is_key,
    "pages.key_from": lambda text: requested(functools.partial(pages.key_from, name="to"), to=text),
    "seen.plain_address": lambda text: requested(seen.plain_address, q=text, at=text),
    "requests.is_readable": lambda text: requests.is_readable(f"text/html; charset={text}"),
    "client.parse": client.parse,
}
# Names of parameters that hold text of users.
TEXTS = {
    "text", "content", "name", "nickname", "username", "password", "raw_password", "folded", "start",
    "padded", "quoted",
    "given", "line", "address", "me", "shown", "query",
}  # fmt: skip
# Functions with such a parameter that are not in READERS, grouped by the reason.
NOT_MEASURED = {
    "passes it on to functions in READERS, and to PostgreSQL or Redis": {
        "accounts.devices.device_of", "accounts.devices.remember", "accounts.login_throttling._locked_until",
        "accounts.management.commands.recovery_link.handle",
        "accounts.login_throttling._of_client", "accounts.login_throttling.is_password_of",
        "accounts.login_throttling.reset_attempts",
        "accounts.managers._create_user_object",
        "accounts.managers.lock_names",
        "accounts.models._compare_with_stored",
        "accounts.managers.create_superuser",
        "accounts.managers.get_by_natural_key",
        "accounts.managers.refuse_name",
        "accounts.passwords.check_password", "accounts.passwords.set_password", "chats.cache._names_from",
        "chats.forms.show_conflict", "chats.made_for.token", "chats.made_for.reason_to_refuse",
        "chats.made_for.is_for", "chats.views.errors._is_own",
        "chats.templatetags.frame.frame", "chats.templatetags.frame.part",
        "chats.new_message._check_made", "chats.new_message._find", "chats.cache.suggestions",
        "chats.views.conversations._beginning", "chats.views.search._found",
        "chats.views.conversations.conversation",
        "messaging.importing.importer._read",
        "messaging.editing.__init__", "messaging.editing.edit", "messaging.importing.members._take",
        "messaging.models.message.edit",
        "messaging.counterparts.find", "messaging.querysets.with_counterpart", "messaging.search._search",
        "messaging.search.search", "messaging.replying._person",
    },
    "a hash: linear, and slow on purpose": {"accounts.hashers.encode", "accounts.hashers.verify"},
    "no text of people": {
        "probe.run.add_inconclusive",
        "probe.run.note",
        "probe.site.parts", "live.broker.deliver",
        "probe.management.commands.check_cached_pages._seconds",
        "labs.management.commands.demo._new",
        "accounts.views._session_ended", "accounts.cookies.set_private_cookie",
        "accounts.time_zones.choose_zone", "accounts.time_zones.zone_named", "accounts.time_zones._zone",
        "messaging.importing.records.opened", "messaging.numbering._free",
        "chats.pages._page_from",
    },
}  # fmt: skip
