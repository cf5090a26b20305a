"""Normalization of passwords to NFC, as in the OpaqueString profile of PRECIS (RFC 8265).

Keyboards compose the same letter in different ways. After normalization these passwords are equal.
"""

import unicodedata

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist

from accounts.normal_forms import normalize

# Up to this length, unicodedata needs at most 0.1 ms for any number of combining marks. A longer password
# keeps its form if one letter has too many marks (accounts/normal_forms.py).
PUT_IN_ORDER = 128


def composed(password: str) -> str:
    """Return `password` in the form to hash: NFC, with U+0020 for every space except tab, CR and LF."""
    spaced = "".join(" " if letter.isspace() and letter not in "\t\r\n" else letter for letter in password)
    if len(spaced) <= PUT_IN_ORDER:
        return unicodedata.normalize("NFC", spaced)
    return normalize("NFC", spaced)


class NormalizedPasswords(AbstractBaseUser):
    class Meta:
        abstract = True

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password and composed(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        try:
            return super().check_password(raw_password and composed(raw_password))
        except ObjectDoesNotExist:
            return False  # The account was erased before its hash could be renewed.
