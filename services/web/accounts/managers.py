"""Queryset and manager of users. Names are always looked up by their key (accounts.names)."""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, Self
from zlib import crc32

from django.apps import apps
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.db import connections, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts import lookalikes, names
from accounts.passwords import composed
from accounts.signals import users_changed_in_bulk

FOLLOWING = {"name_key", "look_alike_group", "exact_name", "named_at"}  # Columns derived from the username.
NAME_COLUMNS = {"username", *FOLLOWING}
ACCESS = {"is_active", "is_staff", "password"}  # Columns that decide what the sessions of a user may do.
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

    def named(self, name: str, key: str = "") -> Self:
        """Return the user with this name in any spelling, as a queryset of at most one row.

        `key` is the key of the name, if the caller knows it.
        Accounts that shared a key before keys were unique are found only by their exact spelling.
        """
        others = self.model._base_manager.filter(name_key=OuterRef("name_key")).exclude(pk=OuterRef("pk"))
        return self.filter(Q(username=name) | ~Exists(others), name_key=key or names.key(name))

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
        others = dict(found.values_list("username", "name_key"))
        if key in others.values():
            raise ValidationError(names.TAKEN, code="unique")
        if any(lookalikes.look_alike(name, other) for other in others):
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

    def update(self, **values: Any) -> int:
        """Like Django's, but raise TypeError for a username and for a column that is derived from it.

        Django's `bulk_update` calls this too.
        """
        if NAME_COLUMNS & values.keys():
            raise TypeError("A username, and what follows from it, is changed by the `save` of its user.")
        changed = super().update(**values)
        if changed and "is_active" in values:
            sessions = apps.get_model("accounts.Session")
            inactive = f"SELECT id FROM {self.model._meta.db_table} WHERE NOT is_active"  # noqa: S608  (the name of a table)
            sessions.end(f"user_id IN ({inactive})", [], self.db)
        if changed and ACCESS & values.keys():
            users_changed_in_bulk.send(sender=self.model, using=self.db)
        return changed

    def bulk_create(  # type: ignore[override]  # without the options to update existing rows
        self, objs: Iterable[Any], batch_size: int | None = None, ignore_conflicts: bool = False
    ) -> list[Any]:
        objs = list(objs)
        self._for_write = True  # As in Django's methods: `self.db` is now the database for writes.
        with transaction.atomic(using=self.db, savepoint=False):
            self.lock_names([user.username for user in objs])
            now = timezone.now()
            for user in objs:
                user.named_at = now
            return super().bulk_create(objs, batch_size, ignore_conflicts)


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # a class made at run time
    def by_id(self, pk: int) -> Any:
        """Return the user with this id, or None. Django would compile the query anew at each request."""
        model, using = self.model, self.db
        with connections[using].cursor() as cursor:
            cursor.execute(_select_by_id(model), [model._meta.pk.get_db_prep_value(pk, cursor.db)])
            row = cursor.fetchone()
        if row is None:
            return None
        user: AbstractUser = model.from_db(
            using, [field.attname for field in model._meta.concrete_fields], row
        )
        return user

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


@cache
def _select_by_id(model: type[models.Model]) -> str:
    columns = ", ".join(str(field.column) for field in model._meta.concrete_fields)
    return f"SELECT {columns} FROM {model._meta.db_table} WHERE id = %s"  # noqa: S608  (names of the model)
