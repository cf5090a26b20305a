"""The decorators of the views for logged-in users."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.time_zones import in_zone_of
from observability.budgets import query_budget

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
READ_AND_SEND = ("GET", "HEAD", "POST")


def member_view(*, budget: int, methods: Sequence[str] = ("GET", "HEAD")) -> Callable[[View], View]:
    """Declare the query budget and the allowed methods of a view. Redirect visitors to the log-in page.

    Its times are in the time zone of the user.
    """

    def declare(view: View) -> View:
        return query_budget(budget)(require_http_methods(methods)(login_required(_in_own_zone(view))))

    return declare


def _in_own_zone(view: View) -> View:
    @functools.wraps(view)
    def in_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with in_zone_of(request.user):
            return view(request, *args, **kwargs)

    return cast(View, in_zone)


def invitation(view: View) -> View:
    """Redirect visitors with a link to write to a member (`?to=`) to the sign-up page.

    Most of them have no account yet. While sign-up is closed, they get the log-in page.
    """

    @functools.wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_link = request.method in {"GET", "HEAD"} and bool(request.GET.get("to"))
        if is_link and settings.SIGN_UP_OPEN and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("accounts:sign_up"))
        return view(request, *args, **kwargs)

    return cast(View, checked)
