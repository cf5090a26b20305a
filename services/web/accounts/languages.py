"""The language of the pages: the one that a member or visitor has chosen, or else the one of the browser.

The choice is in a cookie of the browser, which also stays after a log-out. That of a member is a column as
well, from which each log-in sets the cookie.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.utils.translation import activate, deactivate
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.cookies import set_private_cookie
from accounts.decorators import READ_AND_SEND
from accounts.forms import LanguageForm
from accounts.models import User
from accounts.time_zones import zone_named
from caching.private_pages import language_of
from observability.budgets import query_budget


class LanguageMiddleware(LocaleMiddleware):
    """Like Django's, but ignores a wrong cookie, and leaves out static files, which have no language.

    It also sets the time zone of the site. `member_view` replaces it by that of the user.
    """

    def process_request(self, request: Any) -> None:
        request.LANGUAGE_CODE = language_of(request)
        activate(request.LANGUAGE_CODE)
        timezone.activate(zone_named(""))

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if not request.path_info.startswith(settings.STATIC_URL):
            response = super().process_response(request, response)
        deactivate()  # The thread serves other members next.
        timezone.deactivate()
        return response


@query_budget(4)
@require_http_methods(READ_AND_SEND)
@never_cache
def choose_language(request: HttpRequest) -> HttpResponse:
    """Set the language of this browser, and of the account if a member is logged in."""
    form = LanguageForm(
        request.POST if request.method == "POST" else None, initial={"language": chosen(request)}
    )
    if not form.is_valid() or "language" not in request.POST:  # "" is a choice, too.
        status = 422 if form.is_bound else 200
        return render(request, "accounts/language.html", {"form": form}, status=status)
    language = form.cleaned_data["language"]
    is_member = request.user.is_authenticated
    if is_member:  # Not `save`, which fails if the account was erased meanwhile.
        User.objects.filter(pk=request.user.pk).update(language=language)
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
