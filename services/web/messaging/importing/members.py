"""From nicknames to members: existing ones by their exact name, new ones with unusable passwords."""

import hashlib
import re
from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

User = get_user_model()
LONGEST_NAME = 150
_validate = UnicodeUsernameValidator()


class Members:
    """Knows the member of each nickname that was asked for."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.mapped: dict[str, str] = {}  # Nicknames that could not be usernames, and what they became.
        self.made = 0
        self.found = 0
        self._nickname_of: dict[str, str] = {}

    def prepare(self, nicknames: Iterable[str]) -> None:
        """Find or make the members of these nicknames: a handful of statements for any number."""
        new = {nickname: nickname for nickname in dict.fromkeys(nicknames) if nickname not in self.ids}
        names = {
            nickname: nickname if _is_username(nickname) else self._substitute(nickname) for nickname in new
        }
        self._settle(names)
        # A name that differs from somebody's only by case is refused by the database: it gets another.
        taken = {nickname: self._substitute(nickname) for nickname in names if nickname not in self.ids}
        self._settle(taken)

    def _settle(self, names: dict[str, str]) -> None:
        """Find or make a member for each {nickname: username}, but for names that are taken."""
        there = self._ids_of(names.values())
        User.objects.bulk_create(
            [
                User(username=name, password=make_password(None))
                for name in names.values()
                if name not in there
            ],
            ignore_conflicts=True,
        )
        now = self._ids_of(names.values())
        for nickname, name in names.items():
            if name in now:
                self.ids[nickname] = now[name]
                self.found += name in there
                self.made += name not in there
                if name != nickname:
                    self.mapped[nickname] = name

    @staticmethod
    def _ids_of(names: Iterable[str]) -> dict[str, int]:
        return dict(User.objects.filter(username__in=list(names)).values_list("username", "pk"))

    def _substitute(self, nickname: str) -> str:
        """A valid username for this nickname and no other, the same on every run."""
        readable = re.sub(r"[^\w.@+-]", "_", User.normalize_username(nickname))[: LONGEST_NAME - 65]
        digest = hashlib.sha256(nickname.encode(errors="surrogatepass")).hexdigest()
        for length in range(6, 65):
            name = f"{readable}-{digest[:length]}"
            if self._nickname_of.setdefault(name, nickname) == nickname:
                return name
        raise AssertionError("two nicknames with one SHA-256")


def _is_username(nickname: str) -> bool:
    try:
        _validate(nickname)
    except ValidationError:
        return False
    return len(nickname) <= LONGEST_NAME and User.normalize_username(nickname) == nickname
