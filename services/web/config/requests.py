"""Requests whose content type cannot be decoded are answered with 400, not with 500."""

import codecs
from typing import Any

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

UNREADABLE = "bobbin.content_type_unreadable"


class Request(WSGIRequest):
    """Django's, which raises while it is made when a parameter of the content type cannot be decoded."""

    def __init__(self, environ: dict[str, Any]) -> None:
        if not is_readable(environ.get("CONTENT_TYPE", "")):
            environ[UNREADABLE] = True
            environ["CONTENT_TYPE"] = ""
        super().__init__(environ)


class Handler(WSGIHandler):
    request_class = Request


class ReadableRequestMiddleware:
    """Refuses a request that declares another encoding than UTF-8; inside of what logs and measures."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if UNREADABLE in request.META or not is_readable(request.META.get("CONTENT_TYPE", "")):
            # What shows the error must not decode either.
            request.encoding = "utf-8"
            raise BadRequest("The content type is not one that browsers send.")
        return self.get_response(request)


def is_readable(content_type: str) -> bool:
    """Whether its parameters can be decoded, and the charset is UTF-8 or one that UTF-8 includes."""
    try:
        _, parameters = parse_header_parameters(content_type)
        charset = parameters.get("charset")
        return charset is None or codecs.lookup(charset).name in {"utf-8", "ascii"}
    except (ValueError, LookupError, TypeError):
        return False
