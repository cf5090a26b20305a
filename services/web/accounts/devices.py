"""Browsers in which a user has logged in before (OWASP: device cookies).

A signed cookie identifies the browser. For each of up to four users it contains a digest of the name and one
of the password hash at the last log-in. The cookie grants no access by itself. It only exempts the browser
from a lock that wrong passwords from other browsers caused.
"""

import secrets
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.cookies import set_private_cookie
from accounts.models import User

SALT = "accounts.devices"
SECONDS = 60 * 60 * 24 * 365
MOST_MEMBERS = 4  # Entries of one browser. The oldest one is dropped.
LENGTH = 24  # Length of a digest in characters.


class Device(NamedTuple):
    """Entry of one user in the cookie of one browser. Name and password are keyed digests."""

    id: str
    user_id: int
    name: str
    password: str

    def is_valid(self) -> bool:
        """Return whether the user is active and has the same password as at that log-in. One query."""
        user = User.objects.active().filter(pk=self.user_id).only("password").first()
        return user is not None and any(
            constant_time_compare(self.password, _digest("password", user.password, key)) for key in _keys()
        )


def device_of(request: HttpRequest, name: str) -> Device | None:
    """Return the entry for the user `name` in the cookie of this browser, or None. No query."""
    wanted = {_digest("name", name, key) for key in _keys()}
    return next((device for device in _devices(request) if device.name in wanted), None)


def remember(request: HttpRequest, user: User, name: str) -> None:
    """Add the user to the cookie that the response will set. Call this after a correct password.

    `name` is the key that log-in throttling uses (`accounts.login_throttling.name_tried`).
    """
    known = device_of(request, name)
    device_id = known.id if known else secrets.token_urlsafe(9)
    device = Device(device_id, user.pk, _digest("name", name), _digest("password", user.password))
    others = [other for other in _devices(request) if other != known]
    request.META["bobbin.devices"] = [device, *others][:MOST_MEMBERS]


def set_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Set the cookie if `remember` was called during this request."""
    devices = request.META.get("bobbin.devices")
    if devices is not None:
        value = signing.dumps([list(device) for device in devices], salt=SALT)
        set_private_cookie(response, settings.DEVICE_COOKIE_NAME, value, SECONDS)


def _devices(request: HttpRequest) -> list[Device]:
    value = request.COOKIES.get(settings.DEVICE_COOKIE_NAME)
    if not value:
        return []
    try:
        return [Device(*entry) for entry in signing.loads(value, salt=SALT, max_age=SECONDS)]
    except (signing.BadSignature, TypeError, ValueError):
        return []


def _keys() -> list[str | bytes]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _digest(kind: str, value: str, key: str | bytes | None = None) -> str:
    return salted_hmac(f"{SALT}.{kind}", value, secret=key, algorithm="sha256").hexdigest()[:LENGTH]
