"""What django-axes needs to know about log-ins here."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def name_tried(request: HttpRequest, credentials: dict | None) -> str | None:
    """The name somebody tries to log in with, in one case: `Alice` and `alice` are counted together."""
    name = (credentials or {}).get("username") or request.POST.get("username")
    return name.strip().lower() if name else None


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict | None) -> HttpResponse:
    """The page after too many wrong passwords."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    page = render(request, "accounts/locked_out.html", {"minutes": minutes}, status=429)
    page.headers["Retry-After"] = str(minutes * 60)
    return page
