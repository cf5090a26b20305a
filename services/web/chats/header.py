"""The links and the menu at the top of a page for a member, as HTML (chats/row_formats.py)."""

from typing import Any, NamedTuple

from django.utils.translation import get_language
from markupsafe import Markup, escape

from chats.cache import Badges
from chats.initials import color_class, initials
from chats.row_formats import row_formats

VIEWS = {
    "chats:inbox", "chats:unread", "chats:search", "chats:threads", "notifications:list", "accounts:account",
    "labs:query_lab",
}  # fmt: skip
MOST_SHOWN = 99  # A badge is narrow.


class HeaderKind(NamedTuple):
    """The conditions of the macro `member_header`."""

    view: str  # One of VIEWS, or "".
    has_unread: bool
    has_notifications: bool
    has_name: bool
    is_staff: bool


HEADER = row_formats("member_header", HeaderKind, "chats/_header.html")


def member_header(user: Any, view: str, badges: Badges, more: str, foot: str) -> Markup:
    """Return the links and the menu of `user`. `more` and `foot` are HTML: links of the page and of the site.

    An error page does not know the name of the user (chats/views/errors.py).
    """
    unread, notifications = badges["unread"], badges["notifications"]
    values = {
        "name": escape(user.username),
        "initials": initials(user.username) if user.username else "☰",
        "color": color_class(user.pk),
        "unread": _shown(unread),
        "notifications": _shown(notifications),
        "more": more,
        "foot": foot,
    }
    format_for_page = HEADER(
        get_language(), view if view in VIEWS else "", unread > 0, notifications > 0,
        bool(user.username), user.is_staff,
    )  # fmt: skip
    return Markup(format_for_page.filled(values))  # noqa: S704  # The name is escaped.


def _shown(number: int) -> str:
    return str(number) if number <= MOST_SHOWN else f"{MOST_SHOWN}+"
