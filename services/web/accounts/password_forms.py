"""Forms in which a user or an operator chooses a password."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import forms as auth
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.login_throttling import is_password_of
from accounts.models import User
from accounts.passwords import composed

# Django's help lists all rules. Here, a rule appears when a password breaks it.
NEW_PASSWORD_HELP = format_lazy(_("At least {least} characters."), least=settings.SHORTEST_PASSWORD)


class NewPassword:
    """Form mixin that compares two passwords after normalization, since one may be pasted in another form.

    Errors of the password itself belong to its field. Django shows them at its repetition.
    """

    cleaned_data: dict[str, Any]

    def validate_passwords(self, *names: Any, **options: Any) -> None:
        for name in names or ("password1", "password2"):
            if typed := self.cleaned_data.get(name):
                self.cleaned_data[name] = composed(typed)
        super().validate_passwords(*names, **options)  # type: ignore[misc]  # of the form beside this mixin

    def validate_password_for_user(self, user: Any, *names: Any, **options: Any) -> None:
        [repeated] = (*names, *options.values()) or ("password2",)
        first = repeated.replace("password2", "password1")
        super().validate_password_for_user(user, password_field_name=first)  # type: ignore[misc]


class SetPasswordForm(NewPassword, auth.AdminPasswordChangeForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """Admin form for the password of a user."""


class ResetPasswordForm(NewPassword, auth.SetPasswordForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """The new password of a recovery link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = NEW_PASSWORD_HELP
        self.fields["new_password2"].help_text = ""

    def save(self, commit: bool = True) -> User:
        """Save only the password. Other fields may have been changed since this request read the user."""
        user: User = super().save(commit=False)
        if commit:
            user.save(update_fields=["password"])
        return user


class ChangePasswordForm(ResetPasswordForm, auth.PasswordChangeForm):
    def __init__(self, user: User, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(user, *args, **kwargs)

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        if not is_password_of(self.request, self.user, password):
            raise forms.ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password
