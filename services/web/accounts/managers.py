"""Queryset and manager of users. Names are always looked up by their key (accounts.names)."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self
from zlib import crc32

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.db import connections, models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone

from accounts import lookalikes, names
from accounts.passwords import composed
from accounts.signals import users_changed_in_bulk

SHOWN = {"username", "is_active"}  # Fields that affect pages of other users.
FOLLOWING = {"name_key", "look_alike_group", "exact_name", "named_at"}
LAST_CHARACTER = "\U0010ffff"  # Sorts after every other character.
# Names that look alike share an advisory lock. The number is small because an import of many users can
# acquire all locks, and they must fit into PostgreSQL's lock table. Each statement acquires them in ascending
# order to prevent deadlocks.
LOCKS = 256
LOCK_CLASS = 0x6E616D65
LOCK = "SELECT pg_advisory_xact_lock(%s::int, number) FROM unnest(%s::int[]) AS number"


class UserQuerySet(models.QuerySet[Any]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def named(self, name: str) -> Self:
        """Return the user with this name in any spelling, as a queryset of at most one row.

        Accounts that shared a key before keys were unique are found only by their exact spelling.
        """
        others = self.model._base_manager.filter(name_key=OuterRef("name_key")).exclude(pk=OuterRef("pk"))
        return self.filter(Q(username=name) | ~Exists(others), name_key=names.key(name))

    def named_like(self, start: str) -> Self:
        """Return the users whose name starts with `start` in any spelling, ordered by key.

        The query compares with two bounds, because a generic plan cannot use the index for LIKE.
        """
        first, last = names.beginning_with(start)
        return self.filter(name_key__gte=first, name_key__lt=last + LAST_CHARACTER).order_by(
            "name_key", "exact_name"
        )

    def refuse_name(self, name: str) -> None:
        """Raise ValidationError if a user of this queryset has `name` or a look-alike of it. One query."""
        key = names.key(name)
        found = self.filter(Q(name_key=key) | Q(look_alike_group__in=lookalikes.groups(name)))
        others = list(found.values_list("username", "name_key"))
        if any(other_key == key for _, other_key in others):
            raise ValidationError(names.TAKEN, code="unique")
        if any(lookalikes.look_alike(name, other) for other, _ in others):
            raise ValidationError(names.LOOK_ALIKE, code="look_alike")

    def refuse_look_alike(self, name: str) -> None:
        """Raise ValidationError if `name` looks like the name of a user with another key. One query.

        The result is reliable only after `lock_names`. The unique index rejects a key that exists already.
        """
        found = self.filter(look_alike_group__in=lookalikes.groups(name)).exclude(name_key=names.key(name))
        if any(lookalikes.look_alike(name, other) for other in found.values_list("username", flat=True)):
            raise ValidationError(names.LOOK_ALIKE, code="look_alike")

    def lock_names(self, given: Collection[str]) -> None:
        """Lock these names and their look-alikes for other writers until the transaction ends. One query.

        Every method that writes a username calls this first, even if it accepts look-alikes. A check after
        the lock therefore reads all names that were written before.
        """
        if len(given) < LOCKS:
            numbers = {
                crc32(group.encode(errors="replace")) % LOCKS
                for name in given
                for group in lookalikes.groups(name)
            }
        else:
            numbers = set(range(LOCKS))
        with connections[self.db].cursor() as cursor:
            cursor.execute(LOCK, [LOCK_CLASS, sorted(numbers)])

    @contextmanager
    def _names_locked(self, given: Collection[str]) -> Iterator[None]:
        self._for_write = True  # As in Django's methods: `self.db` is now the database for writes.
        with transaction.atomic(using=self.db, savepoint=False):
            self.lock_names(given)
            yield

    def update(self, **values: Any) -> int:
        """Like Django's, but also set the columns that are derived from the username.

        Raise ValidationError for a username that looks like the name of a user outside this queryset. Raise
        TypeError for an expression as the username, and for a derived column without the username.
        """
        if "username" in values and not FOLLOWING & values.keys():
            name = values["username"]
            values |= _following(name)
            with self._names_locked([name]):
                others: UserQuerySet = UserQuerySet(self.model, using=self.db).exclude(
                    pk__in=self.values("pk")
                )
                others.refuse_look_alike(name)
                changed = super().update(**values, named_at=_time_of_name(values["name_key"]))
        elif FOLLOWING & values.keys() and not {"username", *FOLLOWING} <= values.keys():
            raise TypeError(f"{', '.join(sorted(FOLLOWING))} follow from the username; update that instead.")
        else:
            changed = super().update(**values)
        if changed and SHOWN & values.keys():
            self._send_users_changed()
        return changed

    def _send_users_changed(self) -> None:
        users_changed_in_bulk.send(sender=self.model, using=self.db)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        objs, fields = tuple(objs), set(fields)
        if not fields & {"username", *FOLLOWING}:
            return super().bulk_update(objs, fields, batch_size)
        fields |= {"username", *FOLLOWING}
        for user in objs:
            exact = user.exact_name if user.exact_name == user.username else ""
            for name, value in (_following(user.username) | {"exact_name": exact}).items():
                setattr(user, name, value)
        with self._names_locked([user.username for user in objs]):
            for user in objs:
                user.named_at = _time_of_name(user.name_key)
            changed = super().bulk_update(objs, fields, batch_size)
        for user in objs:
            user.__dict__.pop("named_at", None)  # The expression. The next access loads the value.
        return changed

    def bulk_create(self, objs: Iterable[Any], *args: Any, **options: Any) -> list[Any]:
        """Like Django's. If it updates existing rows, it sets `named_at` of all of them."""
        if "username" in (options.get("update_fields") or ()):
            options["update_fields"] = {*options["update_fields"], *FOLLOWING}
        objs = list(objs)
        with self._names_locked([user.username for user in objs]):
            now = timezone.now()
            for user in objs:
                user.named_at = now
            made = super().bulk_create(objs, *args, **options)
        if SHOWN & set(options.get("update_fields") or ()):
            self._send_users_changed()
        return made


def _following(username: Any) -> dict[str, str]:
    """Return {column: value} for the columns that are derived from a username.

    Raise TypeError unless `username` is a str.
    """
    if not isinstance(username, str):
        raise TypeError("A username is a str here: its key is computed in Python, not by the database.")
    return {"name_key": names.key(username), "look_alike_group": lookalikes.group(username), "exact_name": ""}


def _time_of_name(key: str) -> Case:
    """Return the `named_at` of a user who gets a name with this key. It stays if the user has the key."""
    return Case(When(name_key=key, then=F("named_at")), default=Value(timezone.now()))


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # a class made at run time
    def get_by_natural_key(self, username: str | None) -> AbstractUser:
        """Return the user with this name in any spelling. Django's log-in calls this."""
        user: AbstractUser = self.named(username or "").get()
        return user

    def _create_user_object(
        self, username: str, email: str | None, password: str | None, **extra_fields: Any
    ) -> AbstractUser:
        # Django's method hashes the password without normalization.
        typed = password and composed(password)
        user: AbstractUser = super()._create_user_object(username, email, typed, **extra_fields)
        return user

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra_fields: Any
    ) -> AbstractUser:
        self.all().refuse_name(username)
        user: AbstractUser = super().create_superuser(username, email, password, **extra_fields)
        return user
