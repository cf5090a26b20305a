"""The page to which a log-in or a sign-up leads: the parameter `next` of the form or of the URL."""

from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import names

# A user who is logged in has no use for the first two. The others accept only POST.
NEVER = ("accounts:login", "accounts:sign_up", "accounts:logout", "admin:logout")


def next_page(request: HttpRequest) -> str:
    """Return the URL in `next`. Return "" if it is not of this site, or is a page of NEVER."""
    address = request.POST.get("next", request.GET.get("next", ""))
    is_own = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_own and urlsplit(address).path not in map(reverse, NEVER) else ""


def page_after(request: HttpRequest) -> str:
    """Return the URL of the next page, which is the inbox by default."""
    return next_page(request) or resolve_url(settings.LOGIN_REDIRECT_URL)


def invited_to(address: str) -> str:
    """Return the user name in a link to a new message (`?to=`), or "" for any other URL.

    The link can come from anybody, so only a valid name is returned: no other text may appear on a page.
    """
    parts = urlsplit(address)
    if parts.path != reverse("chats:new"):
        return ""
    name = parse_qs(parts.query).get("to", [""])[0].strip()
    return name if names.is_valid(name) else ""
