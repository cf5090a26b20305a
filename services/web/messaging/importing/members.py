"""From nicknames to members: existing ones by their names, new ones with unusable passwords."""

import hashlib
import itertools
import re
from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db.models import BooleanField, ExpressionWrapper, Q

from accounts import names as rules

User = get_user_model()
PLAIN = re.compile(r"[\w.@+-]+")  # What was a name in the first release, too.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Somebody logs in here; the others were made by an import.
IN_USE = Q(last_login__isnull=False) | ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)


class Account(NamedTuple):
    id: int
    username: str
    name_key: str
    is_active: bool
    is_in_use: bool


class Members:
    """Knows the member of each nickname that was asked for.

    Spellings that look the same (composed or not, full width) are one person. Nicknames that differ by case
    are two, since they write to each other in real archives, unless the member of that name logs in here.
    """

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.mapped: dict[str, str] = {}  # Nicknames whose members are called otherwise.
        self.inactive: set[int] = set()  # Ids of members whose accounts are deactivated.
        self.made = 0
        self.found = 0
        self._people: set[int] = set()
        self._nickname_of: dict[str, str] = {}

    def prepare(self, nicknames: Iterable[str]) -> None:
        """Find or make the members of these nicknames: a handful of statements for any number."""
        new = [nickname for nickname in dict.fromkeys(nicknames) if nickname not in self.ids]
        spelled = {nickname: rules.spelling(nickname) for nickname in new}
        taken = self._find(spelled)
        self._make(
            {
                nickname: name
                for nickname, name in spelled.items()
                if nickname not in self.ids and rules.is_valid(name) and rules.key(name) not in taken
            }
        )
        # A name that nobody may take, or that differs by case from somebody's: it gets another.
        self._make({nick: self._substitute(name) for nick, name in spelled.items() if nick not in self.ids})

    def _find(self, spelled: dict[str, str]) -> set[str]:
        """Find the members of these {nickname: spelling} that are there; return the keys of their names."""
        keys = {nickname: rules.key(nickname) for nickname in spelled}
        others = {nick: (self._substitute(nick), self._substitute(name)) for nick, name in spelled.items()}
        wanted = {*spelled, *spelled.values(), *itertools.chain(*others.values())}
        accounts = _accounts(Q(username__in=_storable(wanted)) | Q(name_key__in=_storable(keys.values())))
        by_name = {account.username: account for account in accounts}
        by_key: dict[str, list[Account]] = {}
        for account in accounts:
            by_key.setdefault(account.name_key, []).append(account)
        for nickname, name in spelled.items():
            holders = by_key.get(keys[nickname], [])
            # Only what an earlier import has made: a stranger may have signed up under such a name.
            is_plain = nickname == name and PLAIN.fullmatch(nickname)
            earlier = others[nickname] if holders or not is_plain else ()
            found = next((by_name[one] for one in (nickname, *earlier, name) if one in by_name), None)
            if found is None and len(holders) == 1 and holders[0].is_in_use:
                found = holders[0]
            if found:
                self.found += self._take(nickname, found)
        return set(by_key)

    def _make(self, names: dict[str, str]) -> None:
        """Make a member for each {nickname: username}, but for names that are taken."""
        User.objects.bulk_create(
            [User(username=name, password=make_password(None)) for name in dict.fromkeys(names.values())],
            ignore_conflicts=True,
        )
        made = {account.username: account for account in _accounts(Q(username__in=names.values()))}
        for nickname, name in names.items():
            if name in made:
                self.made += self._take(nickname, made[name])

    def _take(self, nickname: str, account: Account) -> bool:
        """Remember the member of a nickname; return whether it is the member's first."""
        self.ids[nickname] = account.id
        if account.username != nickname:
            self.mapped[nickname] = account.username
        if not account.is_active:
            self.inactive.add(account.id)
        is_first = account.id not in self._people
        self._people.add(account.id)
        return is_first

    def _substitute(self, nickname: str) -> str:
        """A valid username for this nickname and no other, the same on every run."""
        readable = re.sub(r"[^\w.@+-]", "_", rules.spelling(nickname[: rules.LONGEST_KEY]))
        readable = readable[: rules.LONGEST - 65]
        if not rules.is_valid(f"{readable}-0"):
            readable = re.sub(r"[^a-zA-Z0-9.@+-]", "_", readable)
        digest = hashlib.sha256(nickname.encode(errors="surrogatepass")).hexdigest()
        for length in range(6, 65):
            name = f"{readable}-{digest[:length]}"
            if self._nickname_of.setdefault(name, nickname) == nickname:
                return name
        raise AssertionError("two nicknames with one SHA-256")


def _storable(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if not UNSTORABLE.search(text)]


def _accounts(which: Q) -> list[Account]:
    found = User.objects.filter(which).annotate(in_use=ExpressionWrapper(IN_USE, BooleanField()))
    rows = found.values_list("id", "username", "name_key", "is_active", "in_use")
    return [Account(*row) for row in rows]
