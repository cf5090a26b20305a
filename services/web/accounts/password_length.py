"""The rule about the length of a password."""

from django.contrib.auth import password_validation
from django.utils.translation import ngettext


class MinimumLengthValidator(password_validation.MinimumLengthValidator):
    """Django's rule, with a message that exists in all languages of Bobbin: Django's lacks an Arabic one."""

    def get_error_message(self) -> str:
        said = ngettext(
            "This password is too short. Use at least %(least)d character.",
            "This password is too short. Use at least %(least)d characters.",
            self.min_length,
        )
        return said % {"least": self.min_length}
