"""Browsers that a member has logged in with before (OWASP: device cookies).

A signed cookie names the device and, for up to four members, the name and the password as of the log-in. It
opens nothing by itself: it lets the right password in while strangers' wrong ones have locked the name.
"""

import secrets
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User

SALT = "accounts.devices"
SECONDS = 60 * 60 * 24 * 365
MOST_MEMBERS = 4  # Of one browser. The oldest is dropped.
LENGTH = 24  # Characters of a digest.


class Device(NamedTuple):
    """One member's entry in the cookie of one browser. Name and password are digests with a secret key."""

    id: str
    user_id: int
    name: str
    password: str

    def is_valid(self) -> bool:
        """Return whether the member's password is still that of the log-in; one query."""
        user = User.objects.active().filter(pk=self.user_id).only("password").first()
        return user is not None and constant_time_compare(self.password, _password_digest(user))


def device_of(request: HttpRequest, name: str) -> Device | None:
    """Return what this browser's cookie has for the member called `name`; no query."""
    wanted = _name_digest(name)
    return next((device for device in _devices(request) if device.name == wanted), None)


def remember(request: HttpRequest, user: User, name: str) -> None:
    """Have the response to `request` set the cookie; call it after the password was right.

    `name` is the member's name as it is counted (`accounts.guessing.name_tried`).
    """
    known = device_of(request, name)
    device_id = known.id if known else secrets.token_urlsafe(9)
    device = Device(device_id, user.pk, _name_digest(name), _password_digest(user))
    others = [other for other in _devices(request) if other.name != device.name]
    request.META["bobbin.devices"] = [device, *others][:MOST_MEMBERS]


def set_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Set the cookie when `remember` was called during this request."""
    devices = request.META.get("bobbin.devices")
    if devices is None:
        return
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([list(device) for device in devices], salt=SALT),
        max_age=SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _devices(request: HttpRequest) -> list[Device]:
    value = request.COOKIES.get(settings.DEVICE_COOKIE_NAME)
    if not value:
        return []
    try:
        return [Device(*entry) for entry in signing.loads(value, salt=SALT, max_age=SECONDS)]
    except (signing.BadSignature, TypeError, ValueError):
        return []


def _name_digest(name: str) -> str:
    return salted_hmac(f"{SALT}.name", name).hexdigest()[:LENGTH]


def _password_digest(user: User) -> str:
    return salted_hmac(f"{SALT}.password", user.password).hexdigest()[:LENGTH]
