"""nginx serves its own error pages in the language of the member, also while no other server runs."""

import re
from functools import partial

import pytest
from django.conf import settings

from scripts.error_pages import CODES
from tests.support.http_client.connection import fetch
from tests.support.nginx_site import FORM, NGINX, free_port, nginx_before

pytestmark = pytest.mark.xdist_group("nginx")
LANGUAGES = [code for code, _ in settings.LANGUAGES]
PATH = "/chats/"


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    """Return a function that sends requests to an nginx whose `web` and `events` have stopped."""
    with nginx_before(tmp_path_factory.mktemp("nginx"), free_port(), free_port()) as port:
        yield partial(fetch, f"http://127.0.0.1:{port}")


def language_of(answer) -> str:
    """Return the language that the page and its header name."""
    language, direction = re.search(r'<html lang="(\w+)" dir="(\w+)">', answer.text).groups()
    assert answer.headers.get_all("Content-Language") == [language]
    assert direction == ("rtl" if language == "ar" else "ltr")
    return language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["language", "__Host-language"])
def test_stopped_web_shows_the_page_in_the_chosen_language(edge, name, language):
    other = "fr" if language == "es" else "es"
    answer = edge("GET", PATH, {"Cookie": f"a=b; {name}={language}; c=d", "Accept-Language": other})

    assert answer.status == 502
    assert language_of(answer) == language
    assert answer.body == (NGINX / "errors" / language / "502.html").read_bytes()


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("", "en"),
        ("ar-EG,ar;q=0.9,en;q=0.8", "ar"),
        ("pl,fr-CA;q=0.8, de;q=0.7", "fr"),
        ("es-419", "es"),
        ("sv, DE-at", "de"),
        ("de;q=0", "en"),
        ("de; q=0.000, fr;q=0.1", "fr"),
        ("de;q=0.05", "de"),
        ("deu, arn, x-fr, *", "en"),
    ],
)
def test_page_without_a_choice_has_the_first_known_language_of_the_browser(edge, wanted, language):
    assert language_of(edge("GET", PATH, {"Accept-Language": wanted})) == language


@pytest.mark.parametrize(
    "cookie",
    [
        "language=DE", "language=xx", "language=", "language=de-AT", "language=../de", "language=de/../../..",
        "language=%64e", 'language="de"', "xlanguage=de", "language=$http_host", "a=language=de",
        f"language={'de' * 2000}", "language=d\te",
    ],
)  # fmt: skip
def test_cookie_with_another_value_is_ignored(edge, cookie):
    answer = edge("GET", PATH, {"Cookie": cookie, "Accept-Language": "fr"})

    assert answer.status == 502
    assert language_of(answer) == "fr"
    assert language_of(edge("GET", PATH, {"Cookie": cookie})) == "en"


@pytest.mark.parametrize(
    "wanted", ["../de", "de/../..", "$http_host", "en\tde", "," * 4000, "d," * 3000 + "1"]
)
def test_unknown_language_of_the_browser_shows_english(edge, wanted):
    answer = edge("GET", PATH, {"Accept-Language": wanted})

    assert answer.status == 502
    assert language_of(answer) == "en"


def test_cookie_of_https_wins_over_an_old_one(edge):
    answer = edge("GET", PATH, {"Cookie": "language=de; __Host-language=fr"})

    assert language_of(answer) == "fr"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("HEAD", PATH, {}),
        ("POST", "/chats/new/", FORM),
        ("GET", "/chats/state/", {"Accept": "application/json"}),
        ("GET", "/events/", {"Accept": "text/event-stream"}),
        ("GET", "/static/chats/bobbin.css", {}),
    ],
)
def test_every_kind_of_request_gets_the_same_page(edge, method, path, headers):
    answer = edge(method, path, headers | {"Cookie": "language=de"})

    assert (answer.status, answer.headers["Retry-After"]) == (502, "5")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Language"] == "de"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body == (b"" if method == "HEAD" else (NGINX / "errors/de/502.html").read_bytes())


def test_refusals_of_nginx_itself_have_the_chosen_language(edge):
    german = {"Cookie": "language=de"}
    refused = {
        404: edge("GET", "/metrics", german),
        405: edge("PUT", PATH, german),
        413: edge("POST", "/chats/new/", FORM | german, b"content=" + b"x" * 300_000),
        429: [edge("POST", "/accounts/login/", FORM | german, b"username=x") for _ in range(50)][-1],
    }

    assert {code: answer.status for code, answer in refused.items()} == {code: code for code in refused}
    for code, answer in refused.items():
        assert answer.body == (NGINX / f"errors/de/{code}.html").read_bytes()
    assert refused[405].headers["Allow"] == "GET, HEAD, POST"
    assert refused[429].headers["Retry-After"] == "5"


@pytest.mark.parametrize("path", ["/errors/de/502.html", "/errors/en/405.html", "/errors/502.html"])
def test_error_pages_have_no_address_of_their_own(edge, path):
    assert edge("GET", path).status == 404


def test_every_error_page_of_nginx_exists_in_every_language():
    used = re.findall(
        r"/errors/\$language/(\d+)\.html;", (NGINX / "templates/bobbin.conf.template").read_text()
    )
    made = {str(path.relative_to(NGINX / "errors")) for path in (NGINX / "errors").rglob("*.html")}

    assert used == CODES
    assert made == {f"{language}/{code}.html" for language in LANGUAGES for code in CODES}
