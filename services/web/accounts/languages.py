"""The language of the pages: the one that a member or visitor has chosen, or else the one of the browser.

The choice is in a cookie, from which Django's LocaleMiddleware takes it. That of a member is also a column,
for the next log-in in another browser.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.cookies import set_private_cookie
from accounts.decorators import READ_AND_SEND
from accounts.forms import LanguageForm
from accounts.models import User
from observability.budgets import query_budget


@query_budget(4)
@require_http_methods(READ_AND_SEND)
@never_cache
def choose_language(request: HttpRequest) -> HttpResponse:
    """Set the language of this browser, and of the account if a member is logged in."""
    form = LanguageForm(
        request.POST if request.method == "POST" else None, initial={"language": chosen(request)}
    )
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "accounts/language.html", {"form": form}, status=status)
    language = form.cleaned_data["language"]
    if isinstance(request.user, User):
        request.user.language = language
        request.user.save(update_fields=["language"])
    is_member = request.user.is_authenticated
    response = HttpResponseRedirect(resolve_url("accounts:account" if is_member else "home"))
    set_language(response, language)
    return response


def chosen(request: HttpRequest) -> str:
    """Return the language that was chosen in this browser, or "" for that of the browser."""
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return language if language in dict(settings.LANGUAGES) else ""


def set_language(response: Any, language: str) -> None:
    """Set the cookie of the language, or delete it if `language` is ""."""
    name = settings.LANGUAGE_COOKIE_NAME
    if language:
        set_private_cookie(response, name, language, settings.LANGUAGE_COOKIE_AGE)
    else:
        response.delete_cookie(name, samesite="Lax")
