"""The users of an import: existing users by their names, new users with unusable passwords."""

import hashlib
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db.models import BooleanField, ExpressionWrapper, Q

from accounts import names as rules
from accounts.models import User
from messaging.content import NOT_TEXT
from messaging.querysets import named_rows

PLAIN = re.compile(r"[\w.@+-]+")  # Names that the first release accepted, too.
# Accounts that are used to log in. An import created the others.
IN_USE = Q(last_login__isnull=False) | ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)


class Members:
    """Maps the nicknames of a file to users.

    Spellings that differ only in composition or width are one user. Nicknames that differ in case are two
    users, because in real archives they write to each other. But if the user of that name logs in on this
    site, they are one user.
    """

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.mapped: dict[str, str] = {}  # Nicknames whose users have another name.
        self.inactive: set[int] = set()  # Ids of users whose accounts are deactivated.
        self.made = 0
        self.found = 0
        self._people: set[int] = set()
        self._nickname_of: dict[str, str] = {}

    def prepare(self, nicknames: Iterable[str]) -> None:
        """Find or create the users of these nicknames, in a constant number of statements."""
        new = [nickname for nickname in dict.fromkeys(nicknames) if nickname not in self.ids]
        spelled = {nickname: rules.spelling(nickname) for nickname in new}
        taken = self._find(spelled)
        free = {name for name in spelled.values() if rules.is_valid(name) and rules.key(name) not in taken}
        self._make({nick: name for nick, name in spelled.items() if nick not in self.ids and name in free})
        # A name that is invalid, or differs only in case from an existing one, gets a substitute.
        self._make({nick: self._substitute(name) for nick, name in spelled.items() if nick not in self.ids})

    def _find(self, spelled: dict[str, str]) -> set[str]:
        """Find the existing users of {nickname: spelling}; return the keys of all names that were found."""
        keys = {nickname: rules.key(nickname) for nickname in spelled}
        others = {nick: (self._substitute(nick), self._substitute(name)) for nick, name in spelled.items()}
        wanted = {*spelled, *spelled.values(), *itertools.chain(*others.values())}
        accounts = _accounts(Q(username__in=_storable(wanted)) | Q(name_key__in=_storable(keys.values())))
        by_name = {account.username: account for account in accounts}
        by_key = defaultdict(list)
        for account in accounts:
            by_key[account.name_key].append(account)
        for nickname, name in spelled.items():
            holders = by_key.get(keys[nickname], [])
            # Accept a substitute only where an import creates one: another person may have signed up with it.
            is_plain = nickname == name and PLAIN.fullmatch(nickname)
            earlier = others[nickname] if holders or not is_plain else ()
            found = next((by_name[one] for one in (nickname, *earlier, name) if one in by_name), None)
            if found is None and len(holders) == 1 and holders[0].is_in_use:
                found = holders[0]
            if found:
                self.found += self._take(nickname, found)
        return set(by_key)

    def _make(self, names: dict[str, str]) -> None:
        """Create a user for each {nickname: username}, except for names that are taken."""
        User.objects.bulk_create(
            [User(username=name, password=make_password(None)) for name in dict.fromkeys(names.values())],
            ignore_conflicts=True,
        )
        made = {account.username: account for account in _accounts(Q(username__in=names.values()))}
        for nickname, name in names.items():
            if name in made:
                self.made += self._take(nickname, made[name])

    def _take(self, nickname: str, account: Any) -> bool:
        """Record the user of a nickname; return whether it is the first nickname of the user."""
        self.ids[nickname] = account.id
        if account.username != nickname:
            self.mapped[nickname] = account.username
        if not account.is_active:
            self.inactive.add(account.id)
        is_first = account.id not in self._people
        self._people.add(account.id)
        return is_first

    def _substitute(self, nickname: str) -> str:
        """Return a valid username for this nickname only, the same on every run."""
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
    return [text for text in texts if not NOT_TEXT.search(text)]


def _accounts(which: Q) -> list[Any]:
    fields = ("id", "username", "name_key", "is_active")
    is_in_use = ExpressionWrapper(IN_USE, BooleanField())
    return list(named_rows(User.objects.filter(which), fields, is_in_use=is_in_use))
