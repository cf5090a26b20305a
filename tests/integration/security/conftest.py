"""Every address of the site, from the URL configuration, with the keys of objects that exist."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture
def addresses():
    return _addresses


def _addresses(keys: dict[str, list[str]]) -> Iterator[str]:
    """Yield each address once for each key of its parameter. `keys`: values by the name of a parameter.

    Raises KeyError for a parameter without keys, so a new page with a new kind of key cannot be forgotten.
    """
    for route in _routes(get_resolver().url_patterns, ""):
        parameters = PARAMETER.findall(route)
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
    # The administration ends with a view that catches all, and names its apps by an expression.
    return "(?P<" in route
