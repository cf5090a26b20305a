"""Recovery links: a member who has lost the password chooses a new one, without a mail server.

An operator makes the link (`manage.py recovery_link`, or the admin) and hands it over. It is valid once, for
PASSWORD_RESET_TIMEOUT seconds, and until the next log-in: its signed token depends on the password and on the
time of the last log-in (django.contrib.auth.tokens). So a link needs no row in the database.
"""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.decorators import READ_AND_SEND
from accounts.devices import remember
from accounts.login_throttling import counted
from accounts.models import Session, User
from accounts.password_forms import ResetPasswordForm
from observability.budgets import query_budget

# The first request stores the token in the session, and this takes its place in the URL: the token stays
# neither in the history of the browser nor in a Referer.
FORM = "form"
KEPT = "recovery"  # The key in the session.


class _Tokens(PasswordResetTokenGenerator):
    key_salt = "accounts.recovery"


_tokens = _Tokens()


def recovery_link(user: User) -> str:
    """Return the path of a new link for this user."""
    return reverse("accounts:recover", kwargs={"pk": user.pk, "token": _tokens.make_token(user)})


@query_budget(8)
@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters()
@never_cache
def recover(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Choose a new password by a recovery link. All sessions of the user end."""
    user = User.objects.active().filter(pk=pk).first()
    given = request.session.get(KEPT, "") if token == FORM else token
    if user is None or not _tokens.check_token(user, given):
        return _refused(request)
    if token != FORM:
        request.session[KEPT] = token
        return redirect("accounts:recover", pk=pk, token=FORM)
    form = ResetPasswordForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not _use(form, given):
            return _refused(request)
        logout(request)  # Another member may be logged in here.
        remember(request, user, counted(user.username))
        messages.success(request, _("Your password is changed. Log in with the new one."))
        return redirect("accounts:login")
    context = {"form": form, "name": user.username}
    return render(request, "accounts/recover.html", context, status=422 if form.is_bound else 200)


@transaction.atomic
def _use(form: ResetPasswordForm, token: str) -> bool:
    """Save the password and end all sessions. Return False if another request has used the link first."""
    user = User.objects.active().select_for_update(no_key=True).filter(pk=form.user.pk).first()
    if user is None or not _tokens.check_token(user, token):
        return False
    form.save()
    Session.end("user_id = %s", [user.pk], user._state.db or "default")
    return True


def _refused(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/recovery_refused.html", status=404)
