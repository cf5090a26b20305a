"""What django-axes needs to know about log-ins here."""

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
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


class AttemptsHandler(AxesDatabaseHandler):
    """Forgets attempts by one statement at any number.

    The collector would load each, and somebody who guesses makes thousands: the next log-in would pay.
    """

    def clean_expired_user_attempts(
        self, request: HttpRequest | None = None, credentials: dict | None = None
    ) -> int:
        expired = AccessAttempt.objects.filter(attempt_time__lte=get_cool_off_threshold(request))
        return expired._raw_delete(expired.db)

    def reset_user_attempts(self, request: HttpRequest, credentials: dict | None = None) -> int:
        return sum(
            theirs._raw_delete(theirs.db) for theirs in self.filter_user_attempts(request, credentials)
        )
