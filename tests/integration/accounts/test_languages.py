"""The language of the pages: chosen by a member or a visitor, or else that of the browser."""

import gzip
import re

import pytest
from django.conf import settings
from django.utils.translation import get_language

from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

LANGUAGE = re.compile(r'<html lang="(\w+)" dir="(\w+)">')
PAGES = ["/", "/help/", "/accounts/login/", "/accounts/signup/", "/accounts/language/", "/no/page"]
MEMBERS_PAGES = [
    "/chats/", "/chats/with/bob/", "/chats/unread/", "/chats/threads/", "/chats/notifications/", "/accounts/",
]  # fmt: skip


def _language(response) -> tuple[str, str]:
    [found] = LANGUAGE.findall(response.content.decode())
    assert response["Content-Language"] == found[0]
    return found


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("", ("en", "ltr")), ("de-AT,de;q=0.9,en;q=0.5", ("de", "ltr")), ("ar", ("ar", "rtl")),
        ("tlh, fr;q=0.3", ("fr", "ltr")), ("\N{BULLET}", ("en", "ltr")),
    ],
)  # fmt: skip
def test_page_has_the_language_of_the_browser(client, path, wanted, shown):
    response = client.get(path, HTTP_ACCEPT_LANGUAGE=wanted)
    assert _language(response) == shown
    assert "Accept-Language" in response["Vary"]


def test_cached_page_of_a_member_is_never_shown_in_another_language(browser_of, message, alice):
    client = browser_of(alice)
    for path in MEMBERS_PAGES:
        for _ in range(3):  # Made, stored, and answered before the rest of Django.
            for language in ("en", "de", "ar", "fr"):
                response = client.get(path, HTTP_ACCEPT_LANGUAGE=language, follow=True)
                assert _language(response)[0] == language, path


def test_rows_that_are_kept_in_memory_have_the_language_of_the_page(browser_of, message, alice):
    client = browser_of(alice)
    texts = {}
    for language in ("en", "de", "en", "de"):
        page = client.get("/chats/with/bob/", HTTP_ACCEPT_LANGUAGE=language, follow=True).content.decode()
        [row] = re.findall(r"<h2><time[^>]*>([^<]+)", page)
        assert texts.setdefault(language, row) == row
    assert texts["en"] != texts["de"]


def test_member_chooses_a_language_for_this_browser_and_for_the_next_log_in(client, browser_of, alice):
    alice.set_password("a-long-enough-1")
    alice.save()
    hers = browser_of(alice)
    response = hers.post("/accounts/language/", {"language": "de"})
    assert (response.status_code, response["Location"]) == (302, "/accounts/")
    assert _language(hers.get("/chats/", HTTP_ACCEPT_LANGUAGE="fr"))[0] == "de"
    assert User.objects.get(pk=alice.pk).language == "de"
    client.post("/accounts/login/", {"username": "alice", "password": "a-long-enough-1"})
    assert _language(client.get("/chats/", HTTP_ACCEPT_LANGUAGE="fr"))[0] == "de"

    hers.post("/accounts/language/", {"language": ""})
    assert _language(hers.get("/chats/", HTTP_ACCEPT_LANGUAGE="fr"))[0] == "fr"
    assert User.objects.get(pk=alice.pk).language == ""


def test_log_in_restores_the_language_of_the_browser(client, browser_of, alice):
    alice.set_password("a-long-enough-1")
    alice.save()
    client.post("/accounts/language/", {"language": "ar"})  # Of somebody else, at this browser.
    browser_of(alice).post("/accounts/language/", {"language": ""})
    client.post("/accounts/login/", {"username": "alice", "password": "a-long-enough-1"})

    assert _language(client.get("/chats/", HTTP_ACCEPT_LANGUAGE="fr"))[0] == "fr"


def test_sign_up_keeps_the_language_that_the_visitor_has_chosen(client):
    client.post("/accounts/language/", {"language": "es"})
    client.post("/accounts/signup/", {"username": "mira", "password1": "a-long-enough-1"})

    assert User.objects.get(username="mira").language == "es"


def test_wrong_cookie_does_not_put_texts_of_the_site_into_english_pages(client, settings):
    settings.LANGUAGE_CODE = "de"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "EN"
    first = client.get("/help/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    del client.cookies[settings.LANGUAGE_COOKIE_NAME]
    second = client.get("/help/", HTTP_ACCEPT_LANGUAGE="en").content.decode()

    assert first == second
    assert ">Help<" in second


def test_thread_has_no_language_after_a_request(client):
    client.get("/help/", HTTP_ACCEPT_LANGUAGE="ar")

    assert get_language() == settings.LANGUAGE_CODE


def test_static_files_have_no_language(client):
    page = client.get("/", HTTP_ACCEPT_LANGUAGE="de").content.decode()
    [path] = re.findall(r'<script src="(/static/site/texts-de[^"]+)"', page)
    for address in (path, "/static/chats/icon.svg"):
        response = client.get(address, HTTP_ACCEPT_LANGUAGE="ar")
        assert not response.has_header("Content-Language")
        assert "Accept-Language" not in response.get("Vary", "")


def test_visitor_chooses_a_language(client):
    assert client.post("/accounts/language/", {"language": "es"})["Location"] == "/"
    assert _language(client.get("/", HTTP_ACCEPT_LANGUAGE="fr"))[0] == "es"


@pytest.mark.parametrize("language", ["tlh", "de-x", "../en", "\0", "d" * 5_000])
def test_unknown_language_is_refused_and_ignored(client, language):
    assert client.post("/accounts/language/", {"language": language}).status_code in {400, 422}
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language.replace("\0", "")
    assert _language(client.get("/", HTTP_ACCEPT_LANGUAGE="fr"))[0] in {"fr", "de"}


def test_texts_of_scripts_come_in_the_language_of_the_page(client):
    page = client.get("/", HTTP_ACCEPT_LANGUAGE="de").content.decode()
    [path] = re.findall(r'<script src="(/static/site/texts-de\.\w+\.js)"></script>', page)
    script = client.get(path)
    assert script.status_code == 200
    assert "immutable" in script["Cache-Control"]
    packed = client.get(path, HTTP_ACCEPT_ENCODING="gzip, deflate, br")
    assert (packed["Content-Encoding"], packed["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(packed.content) == script.content
    assert not script.has_header("Content-Encoding")
    assert "texts-" not in client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    for wrong in (path.replace("-de", "-xx"), path.replace("-de", "-en"), path.replace(".js", "0.js")):
        assert client.get(wrong).status_code == 404
