"""The Jinja2 environment of Bobbin's pages: the functions that templates may call.

The templates of the admin and of packages are Django templates, which this environment does not affect.
"""

from functools import cache
from typing import Any

from django.conf import settings
from django.template.defaultfilters import capfirst, floatformat, pluralize, urlencode
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from jinja2 import Environment

from caching.page_store import CLIENT_ID, TOKEN
from chats import addresses, formatting, initials, list_rows, times
from chats.forms import MessageForm
from labs.query_lab import may_open

GLOBALS = {
    # The URL of a static file does not change while a process runs, and a page has ten of them.
    "asset": cache(static),
    "addresses": addresses.addresses,
    "client_id_placeholder": mark_safe(CLIENT_ID),  # noqa: S308  # A constant.
    "conversations": addresses.conversations,
    "empty_message_form": MessageForm,
    "inbox_rows": list_rows.inbox_rows,
    "is_sign_up_open": lambda: settings.SIGN_UP_OPEN,
    "may_open_lab": may_open,
    "message_urls": addresses.message_urls,
    "opening_urls": addresses.opening_urls,
    "token_placeholder": mark_safe(TOKEN),  # noqa: S308  # A constant.
    "unread_rows": list_rows.unread_rows,
    "url": addresses.url,
}
FILTERS: dict[str, Any] = {
    "capfirst": capfirst,
    "color_class": initials.color_class,
    "floatformat": floatformat,
    "formatted": formatting.formatted,
    "initials": initials.initials,
    "pluralize": pluralize,
    "urlencode": urlencode,
    "utc": times.utc,
    "utc_day": times.utc_day,
    "without_markers": formatting.without_markers,
}


def environment(**options: Any) -> Environment:
    """Return the environment. `options` come from TEMPLATES in the settings."""
    made = Environment(trim_blocks=True, lstrip_blocks=True, **options)  # noqa: S701  # Django turns it on.
    made.globals.update(GLOBALS, branding=settings.SITE)  # Not `site`: the log-in view has one.
    made.filters.update(FILTERS)
    return made
