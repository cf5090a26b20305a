"""Passwords whatever way the keyboard composes their letters: NFC, as PRECIS' OpaqueString (RFC 8265)."""

import unicodedata

from asgiref.sync import sync_to_async
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password

from accounts.normal_forms import normalize

# Up to here any number of marks on a letter is put in order: at most 0.1 ms. Nobody types a longer one.
PUT_IN_ORDER = 128


def composed(password: str) -> str:
    """Return `password` as it is hashed: in NFC, with one kind of space."""
    spaced = "".join(" " if letter.isspace() and letter not in "\t\r\n" else letter for letter in password)
    if len(spaced) <= PUT_IN_ORDER:
        return unicodedata.normalize("NFC", spaced)
    return normalize("NFC", spaced)


class NormalizedPasswords(AbstractBaseUser):
    class Meta:
        abstract = True

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password and composed(raw_password))
        if raw_password and composed(raw_password) != raw_password:
            # As long as check_password takes: Django calls this for a name that nobody has.
            make_password(raw_password)

    def check_password(self, raw_password: str | None) -> bool:
        normal = raw_password and composed(raw_password)
        if super().check_password(normal):
            return True
        # Hashes from before passwords were normalised.
        return normal != raw_password and super().check_password(raw_password)

    async def acheck_password(self, raw_password: str | None) -> bool:
        return await sync_to_async(self.check_password)(raw_password)
