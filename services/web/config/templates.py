"""The Jinja2 environment of Bobbin's pages: the functions that templates may call.

The templates of the admin and of packages are Django templates, which this environment does not affect.
"""

from functools import cache, partial
from typing import Any

from django.template.defaultfilters import capfirst, floatformat, pluralize, urlencode
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from jinja2 import Environment

from caching.private_pages import TOKEN
from chats import addresses, times
from messaging.excerpts import begin
from messaging.querysets import EXCERPT, LONG_EXCERPT

GLOBALS = {
    # The URL of a static file does not change while a process runs, and a page has ten of them.
    "asset": cache(static),
    "addresses": addresses.addresses,
    "conversations": addresses.conversations,
    "token_placeholder": mark_safe(TOKEN),  # noqa: S308  # A constant.
    "url": addresses.url,
}
FILTERS: dict[str, Any] = {
    "capfirst": capfirst,
    "excerpt": partial(begin, most=EXCERPT),
    "floatformat": floatformat,
    "long_excerpt": partial(begin, most=LONG_EXCERPT),
    "pluralize": pluralize,
    "urlencode": urlencode,
    "utc": times.utc,
    "utc_day": times.utc_day,
}


def environment(**options: Any) -> Environment:
    """Return the environment. `options` come from TEMPLATES in the settings."""
    made = Environment(trim_blocks=True, lstrip_blocks=True, **options)  # noqa: S701  # Django turns it on.
    made.globals.update(GLOBALS)
    made.filters.update(FILTERS)
    return made
