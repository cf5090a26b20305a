"""Log-in throttling: limits for wrong passwords per client and name (docs/decisions/0020).

django-axes calls `AttemptsHandler` before each password check and after each result, and responds with
`locked_out`. Each wrong password is one row (AccessFailureLog), so each limit can have its own period.
"""

import datetime
import math

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessFailureLog
from django.contrib.auth.signals import user_login_failed
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import names, password_checks
from accounts.devices import Device, device_of, remember
from accounts.models import User
from accounts.requests import AxesRequest, Credentials

# Wrong passwords for one name from one client: an IPv4 address, an IPv6 /64 or a known browser.
CLIENT_LIMIT, CLIENT_PERIOD = 5, datetime.timedelta(minutes=15)
# Wrong passwords for one name from all unknown browsers together. Above this limit, each address may try
# REDUCED_LIMIT passwords instead of CLIENT_LIMIT.
NAME_LIMIT, NAME_PERIOD = 50, datetime.timedelta(hours=1)
REDUCED_LIMIT = 1
Moment = datetime.datetime
LONGEST_NAME = 255  # Length of the column. A key can be longer than the name that was typed.


def name_tried(request: HttpRequest, credentials: Credentials | None) -> str:
    """Return the key of the name in a log-in request, or "". All spellings of a name count together."""
    name: str = (credentials or {}).get("username") or request.POST.get("username", "")
    return counted(name.strip())


def counted(name: str) -> str:
    """Return the name under which django-axes stores failed log-ins of `name`."""
    return names.key(name)[:LONGEST_NAME]


def is_password_of(request: HttpRequest, user: User, password: str) -> bool:
    """Return whether `password` is correct. The limits of the log-in apply, and a wrong one is counted.

    This is for pages that require the password again. `authenticate` would query the user once more.
    """
    credentials = {"username": user.get_username()}
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.axes_locked_out = True  # type: ignore[attr-defined]  # for AxesMiddleware
        return False
    if user.check_password(password):
        return True
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    return False


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: Credentials | None
) -> HttpResponse:
    """Return the 429 page with Retry-After for a client that is locked out."""
    until = request.META.get("bobbin.locked_until") or timezone.now() + CLIENT_PERIOD
    seconds = max(1, math.ceil((until - timezone.now()).total_seconds()))
    minutes = math.ceil(seconds / 60)
    when = ngettext("Try again in %(count)s minute.", "Try again in %(count)s minutes.", minutes)
    advice = _(
        "If you have forgotten your password, ask the people who run this site for a link with which you "
        "choose a new one. In a browser where you have logged in with your present password, wrong "
        "passwords that others type do not count."
    )
    context = {
        "status": 429,
        "title": _("Too many attempts"),
        "advice": f"{when % {'count': minutes}} {advice}",
        "kept": "",
    }
    page = render(request, "error.html", context, status=429)
    page.headers["Retry-After"] = str(seconds)
    return page


class AttemptsHandler(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Counts wrong passwords by client and by name. A client cannot use up the attempts of another client.

    An attempt during a lock is not counted, so it does not prolong the lock.
    """

    def is_allowed(self, request: AxesRequest, credentials: Credentials | None = None) -> bool:
        """Return whether a password may be checked. Other checks that have not ended count as failures."""
        device = device_of(request, name := name_tried(request, credentials))
        client = f"{device.id if device else request.axes_ip_address}:{name}"
        return not self.is_locked(request, credentials, password_checks.begin(request, client))

    def is_locked(
        self, request: AxesRequest, credentials: Credentials | None = None, running: int = 0
    ) -> bool:
        name = name_tried(request, credentials)
        until = _locked_until(name, request.axes_ip_address, device_of(request, name), running)
        request.META["bobbin.locked_until"] = until
        return until is not None

    def user_login_failed(
        self, sender: object, credentials: Credentials, request: AxesRequest | None = None, **kwargs: object
    ) -> None:
        """Store the failure, unless the client was locked out and the password was not checked."""
        if request is None or request.axes_locked_out:
            return
        name = name_tried(request, credentials)
        device = device_of(request, name)
        _delete_attempts()
        AccessFailureLog.objects.create(
            username=name,
            ip_address=request.axes_ip_address,
            # The column holds the device id, never the User-Agent header. After a password change the browser
            # counts as unknown.
            user_agent=device.id if device and device.is_valid() else "",
        )
        if self.is_locked(request, credentials):
            request.axes_locked_out = True
            request.axes_credentials = credentials

    def user_logged_in(self, sender: object, request: AxesRequest, user: User, **kwargs: object) -> None:
        """Delete the failures of this client, and add the browser to the device cookie."""
        name = name_tried(request, {"username": user.get_username()})
        device = device_of(request, name)
        _delete_attempts(_of_client(name, request.axes_ip_address, device))
        remember(request, user, name)

    def user_logged_out(
        self, sender: object, request: AxesRequest, user: User | None, **kwargs: object
    ) -> None:
        """Delete expired failures."""
        _delete_attempts()

    def reset_attempts(
        self, *, ip_address: str | None = None, username: str | None = None, ip_or_username: bool = False
    ) -> int:
        """Delete failures and return their number. The commands `axes_reset*` call this."""
        wanted = Q(ip_address=ip_address) if ip_address else Q()
        if username:
            by_name = Q(username=counted(username))
            wanted = wanted | by_name if ip_or_username else wanted & by_name
        deleted: int = AccessFailureLog.objects.filter(wanted)._raw_delete(AccessFailureLog.objects.db)
        return deleted


def _of_client(name: str, network: str, device: Device | None) -> Q:
    """Return a filter for failures of one client: of unknown browsers at its address, and of its device."""
    mine = Q(user_agent="", ip_address=network)
    if device:
        mine |= Q(user_agent=device.id)
    return mine & Q(username=name)


def _locked_until(name: str, network: str, device: Device | None, running: int) -> Moment | None:
    """Return the time when the client may try again, or None if it may try now.

    One query, plus one if a known browser would be locked out. `running` other checks count as failures.
    """
    now = timezone.now()
    own = _of_client(name, network, device)
    rows = list(
        AccessFailureLog.objects.filter(username=name, attempt_time__gt=now - NAME_PERIOD)
        # The failures of this client come first. The others matter only if there are at least NAME_LIMIT.
        .order_by(ExpressionWrapper(own, BooleanField()).desc(), "-attempt_time")
        .values_list("attempt_time", "ip_address", "user_agent")[: 2 * NAME_LIMIT]
    )
    of_device = [now] * running + [time for time, _, device_id in rows if device and device_id == device.id]
    of_strangers = [(time, address) for time, address, device_id in rows if not device_id]
    of_address = [now] * running + [time for time, address in of_strangers if address == network]
    if until := _until(of_device, CLIENT_LIMIT, CLIENT_PERIOD):
        return until
    if len(of_strangers) >= NAME_LIMIT:
        until = _until(of_address, REDUCED_LIMIT, NAME_PERIOD)
    else:
        until = _until(of_address, CLIENT_LIMIT, CLIENT_PERIOD)
    return None if until is None or (device and device.is_valid()) else until


def _until(times: list[Moment], limit: int, period: datetime.timedelta) -> Moment | None:
    """Return the time when fewer than `limit` failures will be younger than `period`; None if that is so now.

    `times` are the times of the failures, newest first.
    """
    if len(times) < limit:
        return None
    until = times[limit - 1] + period
    return until if until > timezone.now() else None


def _delete_attempts(also: Q | None = None) -> None:
    """Delete the failures that no limit counts any more, and those that match `also`, in one statement."""
    expired = Q(attempt_time__lte=timezone.now() - NAME_PERIOD)
    rows = AccessFailureLog.objects.filter(expired | also if also else expired)
    rows._raw_delete(rows.db)
