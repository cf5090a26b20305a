"""The decorator of the views for logged-in users."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.contrib.auth.decorators import login_required
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

from observability.budgets import query_budget

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
READ_AND_SEND = ("GET", "HEAD", "POST")


def member_view(*, budget: int, methods: Sequence[str] = ("GET", "HEAD")) -> Callable[[View], View]:
    """Declare the query budget and the allowed methods of a view. Redirect visitors to the log-in page."""

    def declare(view: View) -> View:
        return query_budget(budget)(require_http_methods(methods)(login_required(view)))

    return declare
