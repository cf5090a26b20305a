"""Log-in throttling: how many wrong passwords a client may try for a name (docs/decisions/0020).

django-axes checks before each password, hears of each result and answers with our page. What counts is one
row for each wrong password (axes' AccessFailureLog), so that each limit has a period of its own.
"""

import datetime
import math

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_username
from axes.models import AccessFailureLog
from django.contrib.auth.signals import user_login_failed
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts import names
from accounts.devices import Device, device_of, remember
from accounts.models import User

# Wrong passwords for one name from one client: an address, an IPv6 /64, or a known browser.
CLIENT_LIMIT, CLIENT_PERIOD = 5, datetime.timedelta(minutes=15)
# Wrong passwords for one name from all unknown browsers. From then on each address has one try, not five.
NAME_LIMIT, NAME_PERIOD = 50, datetime.timedelta(hours=1)
REDUCED_LIMIT = 1
Moment = datetime.datetime
LONGEST_NAME = 255  # What the column takes; a key can be longer than the name that was typed.


def name_tried(request: HttpRequest, credentials: dict | None) -> str | None:
    """Return the key of the name of a log-in, so that all spellings of one name are counted together."""
    name = (credentials or {}).get("username") or request.POST.get("username")
    return counted(name.strip()) if name else None


def counted(name: str) -> str:
    """Return the name under which django-axes keeps failed log-ins of `name`."""
    return names.key(name)[:LONGEST_NAME]


def is_password_of(request: HttpRequest, user: User, password: str) -> bool:
    """Return whether it is; a wrong one is counted and stopped like one at the log-in.

    For the pages that ask a member for the password again. `authenticate` would read the member once more.
    """
    credentials = {"username": user.get_username()}
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.axes_locked_out = True  # type: ignore[attr-defined]
        return False
    if user.check_password(password):
        return True
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    return False


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict | None) -> HttpResponse:
    """The page after too many wrong passwords."""
    until = request.META.get("bobbin.locked_until") or timezone.now() + CLIENT_PERIOD
    seconds = max(1, math.ceil((until - timezone.now()).total_seconds()))
    minutes = math.ceil(seconds / 60)
    page = render(request, "accounts/locked_out.html", {"minutes": minutes}, status=429)
    page.headers["Retry-After"] = str(seconds)
    return page


class AttemptsHandler(AxesDatabaseHandler):
    """Counts wrong passwords by client and by name; nobody can use up the tries of somebody else.

    A try that is refused is not counted, so tries during a lock do not prolong it.
    """

    def is_locked(self, request: HttpRequest, credentials: dict | None = None) -> bool:
        name = _name(request, credentials)
        device = device_of(request, name)
        until = _locked_until(name, request.axes_ip_address, device)  # type: ignore[attr-defined]
        request.META["bobbin.locked_until"] = until
        return until is not None

    def user_login_failed(self, sender, credentials: dict, request: HttpRequest | None = None, **kwargs):
        """Store the failure, unless the client was locked out already and the password was not looked at."""
        if request is None or request.axes_locked_out:  # type: ignore[attr-defined]
            return
        name = _name(request, credentials)
        device = device_of(request, name)
        _forget()
        AccessFailureLog.objects.create(
            username=name,
            ip_address=request.axes_ip_address,  # type: ignore[attr-defined]
            # What names the client, never the header. One whose password has changed is an unknown browser.
            user_agent=device.id if device and device.is_valid() else "",
        )
        if self.is_locked(request, credentials):
            request.axes_locked_out = True  # type: ignore[attr-defined]
            request.axes_credentials = credentials  # type: ignore[attr-defined]

    def user_logged_in(self, sender, request: HttpRequest, user, **kwargs):
        """Forget this client's failures, and remember the browser."""
        name = _name(request, {"username": user.get_username()})
        device = device_of(request, name)
        _forget(_of_client(name, request.axes_ip_address, device))  # type: ignore[attr-defined]
        remember(request, user, name)

    def user_logged_out(self, sender, request, user, **kwargs):
        """Delete expired failures."""
        _forget()

    def reset_attempts(
        self, *, ip_address: str | None = None, username: str | None = None, ip_or_username: bool = False
    ) -> int:
        """Delete failures; for the commands `axes_reset`, `axes_reset_username` and the like."""
        wanted = Q(ip_address=ip_address) if ip_address else Q()
        if username:
            by_name = Q(username=counted(username))
            wanted = wanted | by_name if ip_or_username else wanted & by_name
        return AccessFailureLog.objects.filter(wanted)._raw_delete(AccessFailureLog.objects.db)


def _name(request: HttpRequest, credentials: dict | None) -> str:
    return (get_client_username(request, credentials) or "")[:LONGEST_NAME]


def _of_client(name: str, network: str, device: Device | None) -> Q:
    """The failures of one client for a name: those of unknown browsers at its address, and of the device."""
    mine = Q(user_agent="", ip_address=network)
    if device:
        mine |= Q(user_agent=device.id)
    return mine & Q(username=name)


def _locked_until(name: str, network: str, device: Device | None) -> Moment | None:
    """When the client may try again; None when it may try now. One query, and one for a known browser."""
    now = timezone.now()
    own = _of_client(name, network, device)
    rows = list(
        AccessFailureLog.objects.filter(username=name, attempt_time__gt=now - NAME_PERIOD)
        # The client's own first: of the others, only whether there are very many matters.
        .order_by(ExpressionWrapper(own, BooleanField()).desc(), "-attempt_time")
        .values_list("attempt_time", "ip_address", "user_agent")[: 2 * NAME_LIMIT]
    )
    of_device = [time for time, _, device_id in rows if device and device_id == device.id]
    of_strangers = [(time, address) for time, address, device_id in rows if not device_id]
    of_address = [time for time, address in of_strangers if address == network]
    if until := _until(of_device, CLIENT_LIMIT, CLIENT_PERIOD):
        return until
    if len(of_strangers) >= NAME_LIMIT:
        until = _until(of_address, REDUCED_LIMIT, NAME_PERIOD)
    else:
        until = _until(of_address, CLIENT_LIMIT, CLIENT_PERIOD)
    return None if until is None or (device and device.is_valid()) else until


def _until(times: list[Moment], limit: int, period: datetime.timedelta) -> Moment | None:
    """When fewer than `limit` of these failures, newest first, are younger than `period`; None for now."""
    if len(times) < limit:
        return None
    until = times[limit - 1] + period
    return until if until > timezone.now() else None


def _forget(also: Q | None = None) -> None:
    """Delete in one statement what no limit counts any more, and what `also` matches."""
    expired = Q(attempt_time__lte=timezone.now() - NAME_PERIOD)
    rows = AccessFailureLog.objects.filter(expired | also if also else expired)
    rows._raw_delete(rows.db)
