"""The Jinja2 environment of Bobbin's pages: the functions that templates may call.

The templates of the admin and of packages are Django templates, which this environment does not affect.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.template.defaultfilters import capfirst, floatformat, pluralize, urlencode
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language, get_language_bidi, gettext, ngettext
from jinja2 import Environment
from markupsafe import Markup

from caching.page_store import CLIENT_ID, TOKEN
from chats import addresses, formatting, header, initials, list_rows, times
from chats.forms import MessageForm
from config.script_texts import script_texts_url

GLOBALS = {
    # The URL of a static file does not change while a process runs, and a page has ten of them.
    "asset": cache(static),
    "addresses": addresses.addresses,
    "client_id_placeholder": mark_safe(CLIENT_ID),  # noqa: S308  # A constant.
    "conversations": addresses.conversations,
    "direction": lambda: "rtl" if get_language_bidi() else "ltr",
    "empty_message_form": MessageForm,
    "has_address": addresses.has_address,
    "inbox_rows": list_rows.inbox_rows,
    "is_sign_up_open": lambda: settings.SIGN_UP_OPEN,
    "language": get_language,
    "member_header": header.member_header,
    "message_urls": addresses.message_urls,
    "opening_urls": addresses.opening_urls,
    "script_texts_url": script_texts_url,
    "thread_rows": list_rows.thread_rows,
    "time_zone": get_current_timezone_name,
    "token_placeholder": mark_safe(TOKEN),  # noqa: S308  # A constant.
    "unread_rows": list_rows.unread_rows,
    "url": addresses.url,
}
FILTERS: dict[str, Any] = {
    "capfirst": capfirst,
    "color_class": initials.color_class,
    "floatformat": floatformat,
    "formatted": formatting.formatted,
    "heading": formatting.heading,
    "initials": initials.initials,
    "local": times.local,
    "local_day": times.local_day,
    "pluralize": pluralize,
    "urlencode": urlencode,
    "without_markers": formatting.without_markers,
}


def environment(**options: Any) -> Environment:
    """Return the environment. `options` come from TEMPLATES in the settings."""
    extensions = ["jinja2.ext.i18n"]
    made = Environment(trim_blocks=True, lstrip_blocks=True, extensions=extensions, **options)  # noqa: S701  # Django turns it on.
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(_=_text, gettext=_text)
    made.globals.update(GLOBALS, branding=settings.SITE)  # Not `site`: the log-in view has one.
    made.globals["constants"] = _constants(made)
    made.filters.update(FILTERS)
    return made


def _text(message: str, **variables: Any) -> Markup:
    """Return the translation of a text, with escaped variables, in a third of the time of Jinja2's own."""
    text = _translation(get_language(), message)
    return text % variables if "%" in text else text


@cache
def _translation(language: str | None, message: str) -> Markup:
    """Return the translation of a text of a template into the current language."""
    return Markup(gettext(message))  # noqa: S704  # The texts of templates and their translations are HTML.


def _constants(made: Environment) -> Callable[[], Any]:
    """Return the function `constants` of templates: what _constants.html defines, in the current language.

    It is rendered once for each language, because base.html would take twice as long.
    """
    in_language = cache(lambda language: made.get_template("chats/_constants.html").make_module())
    return lambda: in_language(get_language())
