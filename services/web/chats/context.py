"""Template context of every page: the view, the two badges, the generation, the port of the event stream."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from chats.cache import Badges, badges


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return `view_name` and, for a user who is logged in, `badges`, `generation` and `events_port`.

    `badges.unread` and `badges.notifications` make one query, and only on a page that shows them.
    `generation` identifies the state that the page shows. The current generation differs from it as soon as
    anything changes for the user. `events_port` is the port of the event stream; 0 is the port of the page.
    """
    view_name = request.resolver_match.view_name if request.resolver_match else ""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"view_name": view_name}
    generation = getattr(request, "generation", None)
    return {
        "view_name": view_name,
        "badges": SimpleLazyObject(lambda: _badges(request, user.pk)),
        "generation": getattr(request, "as_of", generation),
        "events_port": settings.EVENTS_PORT,
    }


def _badges(request: HttpRequest, user_id: int) -> Badges:
    return badges(user_id, getattr(request, "generation", None), getattr(request, "stored_badges", None))
