"""Requests with an invalid content type, which get 400 instead of 500."""

import codecs
from typing import Any

from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import parse_header_parameters

UNREADABLE = "bobbin.content_type_unreadable"


class Request(WSGIRequest):
    """Like Django's, but the constructor accepts a content type whose parameters cannot be decoded."""

    def __init__(self, environ: dict[str, Any]) -> None:
        if not is_readable(environ.get("CONTENT_TYPE", "")):
            environ[UNREADABLE] = True
            environ["CONTENT_TYPE"] = ""
        super().__init__(environ)


class Handler(WSGIHandler):
    request_class = Request


class ReadableRequestMiddleware(MiddlewareMixin):
    """Raises BadRequest for an encoding other than UTF-8.

    It comes after the middleware for logs and metrics, so they include these requests.
    """

    def process_request(self, request: HttpRequest) -> None:
        if UNREADABLE in request.META or not is_readable(request.META.get("CONTENT_TYPE", "")):
            # The error page reads the request too, and must be able to decode it.
            request.encoding = "utf-8"
            raise BadRequest("The content type is not one that browsers send.")


def is_readable(content_type: str) -> bool:
    """Return whether the parameters can be decoded and the charset is UTF-8 or ASCII."""
    try:
        _, parameters = parse_header_parameters(content_type)
        charset = parameters.get("charset")
        return charset is None or codecs.lookup(charset).name in {"utf-8", "ascii"}
    except (ValueError, LookupError, TypeError):
        return False
