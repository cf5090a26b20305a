"""Forms of accounts."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import (
    AdminUserCreationForm,
    AuthenticationForm,
    BaseUserCreationForm,
    UserChangeForm,
    UsernameField,
)
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import User
from accounts.password_forms import NEW_PASSWORD_HELP, NewPassword


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
