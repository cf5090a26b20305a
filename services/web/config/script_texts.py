"""The texts of scripts in other languages than English, as one script for each language.

Its URL has the digest of its content, like those of static files, so browsers keep it. The English texts are
in the scripts themselves (chats/static/chats/texts.js).
"""

import gzip
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, override
from django.views.i18n import JavaScriptCatalog

from config.site import FOLDER, digest, headers

SOURCE = "en"  # The language of the texts in templates and in code.


class ScriptTexts(NamedTuple):
    path: str
    body: bytes
    by_gzip: bytes


@cache
def script_texts(language: str) -> ScriptTexts:
    """Return the script with the texts of a language, which settings.LANGUAGES has."""
    request = HttpRequest()
    request.method = "GET"
    with override(language):
        response: Any = JavaScriptCatalog.as_view(packages=["chats"])(request)
    body: bytes = response.content
    return ScriptTexts(f"{FOLDER}texts-{language}.{digest(body)}.js", body, gzip.compress(body, mtime=0))


def script_texts_url() -> str:
    """Return the URL of the script for the current language, or "" if it needs none."""
    language = get_language() or SOURCE
    return "" if language == SOURCE else script_texts(language).path


def texts_at(path: str) -> ScriptTexts | None:
    """Return the script with this URL path, or None if there is none."""
    language = path.removeprefix(f"{FOLDER}texts-").partition(".")[0]
    if language == SOURCE or language not in dict(settings.LANGUAGES):
        return None
    made = script_texts(language)
    return made if made.path == path else None


def _response(request: HttpRequest, texts: ScriptTexts) -> HttpResponse:
    """Return the script, compressed if the browser accepts that: it shrinks to a third or less."""
    is_packed = re.search(r"\bgzip\b", request.headers.get("Accept-Encoding", "")) is not None
    response = HttpResponse(
        texts.by_gzip if is_packed else texts.body, headers=headers("text/javascript; charset=utf-8")
    )
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


class SiteFilesMiddleware:
    """Serves these scripts, and the style sheet and the logo of the site, before all that reads sessions."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(FOLDER) or request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        if found := settings.SITE.files.get(path):
            return HttpResponse(found[0], headers=found[1])
        if texts := texts_at(path):
            return _response(request, texts)
        return self.get_response(request)
