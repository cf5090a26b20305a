"""Views for accounts: sign-up, log-in, log-out, password change, the settings and the erasure."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth import views as auth
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import names
from accounts.decorators import READ_AND_SEND, member_view
from accounts.devices import remember
from accounts.erasure_phases import preview
from accounts.forms import EraseForm, LogInForm, SignUpForm
from accounts.languages import chosen, set_language
from accounts.login_throttling import is_password_of, name_tried
from accounts.models import User
from accounts.next_page import invited_to, next_page, page_after
from accounts.password_forms import ChangePasswordForm
from accounts.requests import MemberRequest
from accounts.sessions import SessionStore
from accounts.time_zones import AREAS, TimeZoneForm, choose_zone, zones_by_area
from observability.budgets import query_budget

BACKEND = "accounts.backends.ModelBackend"


@query_budget(12)
@require_http_methods(READ_AND_SEND)
@sensitive_post_parameters()
@never_cache
def sign_up(request: HttpRequest) -> HttpResponse:
    """Create an account, log in, and continue with the page that required it."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(page_after(request))
    if not settings.SIGN_UP_OPEN:
        return render(request, "accounts/closed.html", status=403)
    form = SignUpForm(request.POST if request.method == "POST" else None)
    form.instance.language = chosen(request) or None
    if form.is_valid():
        user = _create(form)
        if user is not None:
            login(request, user, backend=BACKEND)
            return HttpResponseRedirect(page_after(request))
    address = next_page(request)
    context = {"form": form, "next": address, "to": invited_to(address)}
    return render(request, "accounts/sign_up.html", context, status=422 if form.is_bound else 200)


def _create(form: SignUpForm) -> User | None:
    """Return the new user, or None if a concurrent request took the name or a look-alike of it."""
    try:
        with transaction.atomic():
            user: User = form.save()
            return user
    except ValidationError as refused:
        form.add_error("username", refused)
    except IntegrityError:
        form.add_error("username", names.TAKEN)
    return None


# Worst case: hash upgrade, previous failed attempts, and a session cookie that a password change invalidated.
@method_decorator(query_budget(11), name="dispatch")
class LogIn(auth.LoginView):
    template_name = "accounts/login.html"
    form_class = LogInForm
    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:  # type: ignore[override]  # The stubs have an argument of other views.
        return next_page(self.request)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        try:
            response = super().form_valid(form)
        except User.DoesNotExist:  # The account was erased after its password was checked.
            _end_session(self.request)
            form.add_error(None, form.get_invalid_login_error())
            return self.form_invalid(form)
        if isinstance(self.request.user, User) and self.request.user.language is not None:
            set_language(response, self.request.user.language)
        return response


@query_budget(4)
@require_POST
@never_cache
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session. The administration uses this view too."""
    logout(request)
    text = _("Any drafts in this browser were deleted.")
    return _session_ended(request, _("You have logged out"), text)


@method_decorator(query_budget(9), name="dispatch")
@method_decorator(never_cache, name="dispatch")
class ChangePassword(auth.PasswordChangeView):
    template_name = "accounts/change_password.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("accounts:account")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        try:
            response = super().form_valid(form)
        except User.DoesNotExist:  # The account was erased after its password was checked.
            _end_session(self.request)
            return redirect("accounts:login")
        messages.success(self.request, _("Your password is changed. Other browsers are logged out."))
        remember(self.request, form.user, name_tried(self.request, {"username": form.user.username}))
        return response


@member_view(budget=2)
def account(request: MemberRequest) -> HttpResponse:
    return render(request, "accounts/account.html")


@member_view(budget=3, methods=READ_AND_SEND)
@never_cache
def time_zone(request: MemberRequest) -> HttpResponse:
    """Choose the time zone of the account."""
    form = TimeZoneForm(
        request.POST if request.method == "POST" else None, initial={"time_zone": request.user.time_zone}
    )
    if form.is_valid() and "time_zone" in request.POST:  # "" is a choice, too.
        choose_zone(request.user, form.cleaned_data["time_zone"])
        messages.success(request, _("Your time zone is saved."))
        return redirect("accounts:account")
    areas = [(AREAS[area], zones) for area, zones in zones_by_area().items()]
    context = {"form": form, "areas": areas, "site_zone": settings.SITE_TIME_ZONE}
    return render(request, "accounts/time_zone.html", context, status=422 if form.is_bound else 200)


@member_view(budget=20, methods=READ_AND_SEND)
@sensitive_post_parameters()
@never_cache
def delete_user_account(request: MemberRequest) -> HttpResponse:
    """Erase the account of the logged-in user. The form requires the password again."""
    form = EraseForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _is_confirmed(request, form):
        request.user.erased_by_id = request.user.pk
        request.user.delete()
        _end_session(request)
        text = _("Your account and everything in it is erased.")
        return _session_ended(request, _("Your account is deleted"), text)
    context = {"form": form, "preview": preview(request.user)}
    return render(request, "accounts/delete.html", context, status=422 if form.is_bound else 200)


def _end_session(request: HttpRequest) -> None:
    """Forget the session of an erased user. The erasure has deleted it; `logout` would query it."""
    request.session, request.user = SessionStore(), AnonymousUser()


def _is_confirmed(request: MemberRequest, form: EraseForm) -> bool:
    if is_password_of(request, request.user, form.cleaned_data["password"]):
        return True
    form.add_error("password", _("That is not your password. Nothing was deleted."))
    return False


def _session_ended(request: HttpRequest, title: str, text: str) -> HttpResponse:
    """Return a page that makes the browser delete its cached private pages and, by a script, all drafts.

    This is not a redirect, because the next page may be requested by another tab first.
    """
    response = render(request, "accounts/session_ended.html", {"title": title, "text": text})
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
