"""No text of a page escapes translation.

All pages are shown in a made-up language whose translations are the English texts in brackets. Names and
messages consist of digits. So letters outside of brackets are a text that is not marked with gettext.
"""

import re
import uuid
from html.parser import HTMLParser
from pathlib import Path

import django
import pytest
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from django.test import Client

from accounts.models import User
from messaging.models import Message
from messaging.sending import send
from scripts.translations import extracted

pytestmark = pytest.mark.django_db(transaction=True)

READ = {"alt", "aria-label", "label", "placeholder", "title"}
# Names, and what the searches below look for.
SAME = re.compile(r"\b(Bobbin|UTC|Ctrl|K|English|Deutsch|Español|Français|العربية|after|from)\b")
# Elements whose content is not read, is an example of what can be typed, or has the names of time zones.
SKIPPED = {"script", "style", "code", "optgroup"}


VISITORS_PAGES = [
    "/", "/help/", "/accounts/login/", "/accounts/signup/", "/accounts/signup/?next=/chats/new/?to=1002",
    "/accounts/language/", "/no/page", "/accounts/recover/1/x-1/",
]  # fmt: skip
PAGES = [
    "/chats/", "/chats/?before=1", "/chats/unread/", "/chats/unread/?before=1", "/chats/notifications/",
    "/chats/threads/", "/chats/threads/?before=1",
    "/chats/notifications/?before=1", "/chats/with/1002/", "/chats/with/1003/", "/chats/with/1001/",
    "/chats/with/1009/", "/chats/thread/{first}/", "/chats/new/", "/chats/message/{reply}/reply/",
    "/chats/message/{first}/edit/", "/chats/message/{first}/history/", "/chats/message/{reply}/history/",
    "/chats/search/", "/chats/search/?q=33", "/chats/search/?q=77", "/chats/search/?q=-1",
    "/chats/search/?q=33&order=best&with=1002", "/chats/search/?with=1009&q=1", "/chats/search/?q=after:1",
    "/chats/search/?q=from:", "/chats/search/?q=after:", "/chats/search/?q=1:2",
    "/chats/search/?q=" + "1" * 300, "/chats/search/?q=" + "1+" * 60, "/chats/find/?q=1002",
    "/chats/find/?q=33&with=1002", "/chats/find/?q=1009", "/accounts/", "/accounts/password/",
    "/accounts/delete/", "/accounts/time-zone/", "/no/page", "/chats/thread/1/", "/accounts/logout/",
]  # fmt: skip


@pytest.fixture
def marked(settings, tmp_path):
    """Add the language `xx`."""
    catalog = Catalog(locale="en", charset="utf-8")
    for message in [message for source in (extracted("django"), *_of_django()) for message in source]:
        if message.id:
            texts = [message.id] if isinstance(message.id, str) else message.id
            made = tuple(f"⟦{text}⟧" for text in texts)
            catalog.add(message.id, made[0] if isinstance(message.id, str) else made, context=message.context)
    folder: Path = tmp_path / "xx" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "django.mo").open("wb") as file:
        mofile.write_mo(file, catalog)
    settings.LANGUAGES = [*settings.LANGUAGES, ("xx", "⟦xx⟧")]
    settings.LOCALE_PATHS = [tmp_path]


def _of_django():
    """The catalogs of Django, which has its own translations."""
    for path in ("conf", "contrib/auth"):
        with (Path(django.__file__).parent / path / "locale/de/LC_MESSAGES/django.po").open("rb") as file:
            yield pofile.read_po(file)


class Texts(HTMLParser):
    """Collects what people read on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[str] = []
        self.skipped: list[str] = []

    def handle_starttag(self, tag, attributes):
        if tag in SKIPPED:
            self.skipped.append(tag)
        self.attributes += [value or "" for name, value in attributes if name in READ]

    def handle_endtag(self, tag):
        if self.skipped and self.skipped[-1] == tag:
            self.skipped.pop()

    def handle_data(self, data):
        if not self.skipped:
            self.texts.append(data)


def _outside_of_brackets(text: str) -> str:
    """Return the text without everything in brackets, which may be nested."""
    kept, depth = [], 0
    for character in text:
        depth += {"⟦": 1, "⟧": -1}.get(character, 0)
        if not depth and character != "⟧":
            kept.append(character)
    return "".join(kept)


def _escaped(html: str) -> set[str]:
    parser = Texts()
    parser.feed(html)
    rest = [_outside_of_brackets("\n".join(parser.texts)), *map(_outside_of_brackets, parser.attributes)]
    return {
        line.strip()
        for text in rest
        for line in SAME.sub("", text).splitlines()
        if re.search(r"[^\W\d_]", line)
    }


@pytest.fixture
def people(member):
    """Return a member, a message and its reply. Another counterpart of the member is deactivated."""
    mine, other, gone = member("1001"), member("1002"), member("1003")
    first = send(Message(sender=mine, receiver=other, content="11 **22**"))
    reply = send(Message(sender=other, receiver=mine, content="33", parent_message=first))
    send(Message(sender=mine, receiver=other, content="44", parent_message=reply))
    send(Message(sender=gone, receiver=mine, content="55"))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    return mine, first, reply


def test_every_text_of_a_page_is_marked(marked, people, browser_of, settings):
    mine, first, reply = people
    hers, visitor = browser_of(mine), Client()
    edited = hers.post(f"/chats/message/{first.pk}/edit/", {"content": "66", "client_id": uuid.uuid4()})
    assert edited.status_code in {204, 302}
    pages = {visitor: VISITORS_PAGES, hers: [page.format(first=first.pk, reply=reply.pk) for page in PAGES]}
    found = {}
    for client, addresses in pages.items():
        for address in addresses:
            response = client.get(address, HTTP_ACCEPT_LANGUAGE="xx", follow=True)
            assert response["Content-Language"] == "xx", address
            found[address] = _escaped(response.content.decode())
    edit = f"/chats/message/{first.pk}/edit/"
    forms = [
        (visitor, "/accounts/login/", {}),
        (visitor, "/accounts/login/", {"username": "1001", "password": "1"}),
        (visitor, "/accounts/signup/", {}),
        (visitor, "/accounts/signup/", {"username": "1001", "password1": "1"}),
        (visitor, "/accounts/signup/", {"username": "2 2", "password1": "1234567890"}),
        (visitor, "/accounts/signup/", {"username": "98765432109", "password1": "9876543210"}),
        (visitor, "/accounts/signup/", {"username": "1" * 151, "password1": "1"}),
        (hers, "/chats/new/", {"content": "", "to": ""}),
        (hers, "/chats/new/", {"content": "1", "to": "1009"}),
        (hers, "/chats/new/", {"content": "1" * 10_001, "to": "1001"}),
        (hers, "/chats/new/", {"content": "1", "to": "1003"}),
        (hers, "/chats/new/", {"content": "\0", "to": "1002", "client_id": "1"}),
        (hers, "/accounts/password/", {"old_password": "1", "new_password1": "1", "new_password2": "2"}),
        (hers, "/accounts/delete/", {"password": "1"}),
        (hers, edit, {"content": "9", "version": "0" * 64, "client_id": uuid.uuid4()}),
        (hers, "/accounts/logout/", {}),
    ]
    for client, address, values in forms:
        response = client.post(address, values, HTTP_ACCEPT_LANGUAGE="xx")
        assert response.status_code in {200, 409, 422}, (address, response.status_code)
        found[f"POST {address} {values}"[:100]] = _escaped(response.content.decode())
    settings.SIGN_UP_OPEN = False
    for address in ("/", "/accounts/signup/"):
        found[f"closed {address}"] = _escaped(
            Client().get(address, HTTP_ACCEPT_LANGUAGE="xx").content.decode()
        )

    left = [f"{address}: {sorted(texts)}" for address, texts in found.items() if texts]
    assert not left, "\n".join(left)
