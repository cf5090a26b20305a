"""Forms of accounts."""

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm, PasswordChangeForm
from django.http import HttpRequest

from accounts.guessing import is_password_of
from accounts.models import User


class SignUpForm(BaseUserCreationForm):
    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ("username",)

    def clean_username(self):
        """One name whatever its case; said beside the field, before the database has to refuse it."""
        name = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError("That name is taken; choose another.")
        return name


class ChangePasswordForm(PasswordChangeForm):
    def __init__(self, user, *args, request: HttpRequest, **kwargs):
        self.request = request
        super().__init__(user, *args, **kwargs)

    def clean_old_password(self):
        password = self.cleaned_data["old_password"]
        if not is_password_of(self.request, self.user, password):
            raise forms.ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password

    def set_password_and_save(self, user, password_field_name="password1", commit=True):  # noqa: S107
        """Save the password alone: the rest may have been changed since this request read it."""
        user.set_password(self.cleaned_data[password_field_name])
        if commit:
            user.save(update_fields=["password"])
        return user


class EraseForm(forms.Form):
    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
