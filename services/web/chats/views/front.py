"""The front page and the help page, which visitors can open."""

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from observability.budgets import query_budget


@query_budget(1)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show visitors what this site is, without a query. Redirect users who are logged in to the inbox."""
    if SESSION_KEY in request.session:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "chats/home.html")


@query_budget(2)
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "chats/help.html")
