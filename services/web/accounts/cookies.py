"""Cookies that identify a browser. No script can read them."""

from django.conf import settings
from django.http import HttpResponse


def set_private_cookie(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    """Set a cookie for this host only. Over HTTPS, its name can begin with `__Host-`."""
    response.set_cookie(name, value, max_age=seconds, secure=settings.HTTPS, httponly=True, samesite="Lax")
