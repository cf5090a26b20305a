"""All addresses of the site with keys of existing objects, and requests to the WSGI application."""

import io
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture
def addresses():
    return _addresses


def _addresses(keys: dict[str, list[str]]) -> Iterator[str]:
    """Yield each address once for each key of its parameter.

    `keys` maps the names of parameters to values, and must contain each parameter.
    """
    for route in _routes(get_resolver().url_patterns, ""):
        parameters = PARAMETER.findall(route)
        assert set(parameters) <= keys.keys(), f"add the parameter of {route} where tests call `addresses`"
        for key in keys[parameters[0]] if parameters else [""]:
            yield "/" + PARAMETER.sub(key, route)


def _routes(patterns: list, prefix: str) -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and not _is_regular_expression(route):
            yield route


def _is_regular_expression(route: str) -> bool:
    # The administration ends with a catch-all view, and matches its apps by a regular expression.
    return "(?P<" in route


@pytest.fixture
def fetch(db):
    """Return a function that sends a request to the WSGI application itself and returns the status.

    Unlike Django's test client, it adds nothing to the request.
    """
    from config.wsgi import application

    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)

    def status(path="/accounts/login/", method="GET", body=b"", **environ):
        path, _, query = path.partition("?")
        path = unquote_to_bytes(path).decode("latin-1")
        said = []
        base = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "testserver",
            "SERVER_PORT": "80", "HTTP_HOST": "testserver", "REMOTE_ADDR": "192.0.2.1",
            "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http", "CONTENT_LENGTH": str(len(body)),
        }  # fmt: skip
        # A WSGI server passes each byte as one character.
        environ = {
            name: text.encode(errors="surrogateescape").decode("latin-1") for name, text in environ.items()
        }
        answer = application(base | environ, lambda line, headers: said.append(int(line.split()[0])))
        b"".join(answer)
        answer.close()
        return said[0]

    yield status
    for signal in signals:
        signal.connect(close_old_connections)
