"""Forms of accounts."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    UserChangeForm,
    UsernameField,
)
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.login_throttling import is_password_of
from accounts.models import User
from accounts.passwords import composed

# Django's help lists all rules. Here, a rule appears when a password breaks it.
NEW_PASSWORD_HELP = format_lazy(_("At least {least} characters."), least=settings.SHORTEST_PASSWORD)


class NewName:
    """Form mixin that rejects a name which another user has or which looks like one, with a field error."""

    cleaned_data: dict[str, Any]
    instance: User

    def clean_username(self) -> str:
        name = names.spelling(self.cleaned_data["username"])
        names.validate(name)
        User.objects.exclude(pk=self.instance.pk).refuse_name(name)
        return name

    def validate_unique(self) -> None:
        """Do nothing: Django would query the name a second time."""


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


class TypedName(UsernameField):
    """A name exactly as typed. An account from before unique keys may be found only by its exact spelling.

    The maximum length allows for decomposed letters, which are longer than the stored name. With a lower
    limit, browsers would cut them off without an error message.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"max_length": names.LONGEST_KEY})

    def to_python(self, value: object) -> str | None:
        return forms.CharField.to_python(self, value)


class SignUpForm(NewName, NewPassword, BaseUserCreationForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """The form of a sign-up. It has one password, because its page can show what was typed."""

    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=NEW_PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = None  # type: ignore[assignment]  # Removes the field of Django.

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username",)
        field_classes = {"username": TypedName}
        labels = {"username": _("Username")}
        help_texts = {"username": _("Others find you by this name.")}


class AddMemberForm(NewName, NewPassword, AdminUserCreationForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """Admin form for a new user."""

    class Meta(AdminUserCreationForm.Meta):
        model = User
        field_classes = {"username": TypedName}

    def clean_username(self) -> str:
        # The admin calls this in the transaction of the save. The name stays locked, so the save cannot fail.
        User.objects.lock_names([self.cleaned_data["username"]])
        return super().clean_username()


class ChangeMemberForm(NewName, UserChangeForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """Admin form for a user. An unchanged name is valid even if the current rules would reject it."""

    class Meta(UserChangeForm.Meta):
        model = User
        field_classes = {"username": TypedName}

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        kept: str = self.initial["username"]
        if name == kept.strip():  # The form removed the blanks of an old name.
            return kept
        User.objects.lock_names([name])
        return super().clean_username()


class LogInForm(AuthenticationForm):
    username = TypedName(label=_("Username"), widget=forms.TextInput(attrs={"autofocus": True}))
    # Django's message says that the name may be case-sensitive.
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": _(
            "Wrong name or password, or the account is deactivated. Upper and lower case matter in the "
            "password, but not in the name."
        )
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django uses the maximum length of the model field.
        self.fields["username"].widget.attrs["maxlength"] = names.LONGEST_KEY


class AdminLogInForm(AdminAuthenticationForm, LogInForm):
    username = TypedName(widget=forms.TextInput(attrs={"autofocus": True}))
    error_messages = LogInForm.error_messages | {
        "invalid_login": "Wrong name or password, or not an account of staff. "
        "Upper and lower case matter in the password, but not in the name."
    }


class SetPasswordForm(NewPassword, AdminPasswordChangeForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """Admin form for the password of a user."""


class ChangePasswordForm(NewPassword, PasswordChangeForm):
    def __init__(self, user: User, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(user, *args, **kwargs)
        self.fields["new_password1"].help_text = NEW_PASSWORD_HELP
        self.fields["new_password2"].help_text = ""

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        if not is_password_of(self.request, self.user, password):
            raise forms.ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password

    def save(self, commit: bool = True) -> User:
        """Save only the password. Other fields may have been changed since this request read the user."""
        user: User = super().save(commit=False)
        if commit:
            user.save(update_fields=["password"])
        return user


class LanguageForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("Language of this browser")), *settings.LANGUAGES],
        widget=forms.RadioSelect,
    )


class EraseForm(forms.Form):
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
