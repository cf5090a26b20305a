"""From nicknames to members: existing ones by their exact name, new ones with unusable passwords."""

import hashlib
import re
from collections.abc import Iterable
from unicodedata import normalize

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password

from accounts import names as rules

User = get_user_model()


class Members:
    """Knows the member of each nickname that was asked for."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.mapped: dict[str, str] = {}  # Nicknames that could not be usernames, and what they became.
        self.inactive: set[int] = set()  # Ids of members whose accounts are deactivated.
        self.made = 0
        self.found = 0
        self._nickname_of: dict[str, str] = {}

    def prepare(self, nicknames: Iterable[str]) -> None:
        """Find or make the members of these nicknames: a handful of statements for any number."""
        new = {nickname: nickname for nickname in dict.fromkeys(nicknames) if nickname not in self.ids}
        composed = {nickname: normalize("NFC", nickname) for nickname in new}
        names = {
            nickname: name if _is_username(name) else self._substitute(nickname)
            for nickname, name in composed.items()
        }
        self._settle(names)
        # A name that differs from somebody's only by its case, say, is theirs: it gets another.
        taken = {nickname: self._substitute(nickname) for nickname in names if nickname not in self.ids}
        self._settle(taken)

    def _settle(self, names: dict[str, str]) -> None:
        """Find or make a member for each {nickname: username}, but for names that are taken."""
        there = self._ids_of(names.values())
        keys = {name: rules.key(name) for name in names.values()}
        taken = set(User.objects.filter(name_key__in=list(keys.values())).values_list("name_key", flat=True))
        User.objects.bulk_create(
            [
                User(username=name, password=make_password(None))
                for name, key in keys.items()
                if key not in taken
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

    def _ids_of(self, names: Iterable[str]) -> dict[str, int]:
        found = User.objects.filter(username__in=list(names)).values_list("username", "pk", "is_active")
        self.inactive |= {pk for _, pk, is_active in found if not is_active}
        return {name: pk for name, pk, _ in found}

    def _substitute(self, nickname: str) -> str:
        """A valid username for this nickname and no other, the same on every run."""
        readable = re.sub(r"[^\w.@+-]", "_", rules.spelling(nickname))[: rules.LONGEST - 65]
        if not rules.is_valid(f"{readable}-0"):
            readable = re.sub(r"[^a-zA-Z0-9.@+-]", "_", readable)
        digest = hashlib.sha256(nickname.encode(errors="surrogatepass")).hexdigest()
        for length in range(6, 65):
            name = f"{readable}-{digest[:length]}"
            if self._nickname_of.setdefault(name, nickname) == nickname:
                return name
        raise AssertionError("two nicknames with one SHA-256")


def _is_username(nickname: str) -> bool:
    return rules.spelling(nickname) == nickname and rules.is_valid(nickname)
