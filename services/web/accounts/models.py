"""Members, and the sessions they are logged in with."""

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.indexes import OpClass
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Value
from django.db.models.functions import Collate, Now, Upper

LAST_CHARACTER = "\U0010ffff"  # Sorts after every other.


class UserQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def named_like(self, start: str):
        """Members whose name begins with `start`, whatever its case, in order; the first ones by an index.

        Between two ends, since for LIKE a plan that is made once for all values has no beginning to look up.
        """
        first = Upper(Value(start))
        key = Collate(Upper("username"), "C")
        return (
            self.annotate(key=key)
            .filter(key__gte=first, key__lt=Upper(Value(start + LAST_CHARACTER)))
            .order_by("key")
        )


class UserManager(DjangoUserManager):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def active(self) -> UserQuerySet:
        return self.get_queryset().active()

    def get_by_natural_key(self, username):
        """Find a member by name; `Alice` and `alice` are one name, so that nobody can pose as another."""
        return self.get(username__iexact=username)


class User(AbstractUser):
    # A member has one name.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    # Who erases this account; read by the receiver that records the erasure. Set it before `delete`.
    erased_by_id: int | None = None

    objects = UserManager()  # type: ignore[misc]

    class Meta(AbstractUser.Meta):
        constraints = [
            # One name whatever its case. `iexact` compares UPPER(), so this index answers log-in too.
            models.UniqueConstraint(
                OpClass(Upper("username"), name="text_pattern_ops"),
                name="user_username_ci",
                violation_error_message="A member with that name exists already.",
            ),
        ]
        indexes = [
            # Suggestions (UserQuerySet.named_like).
            models.Index(Collate(Upper("username"), "C"), name="user_by_name"),
        ]

    def get_full_name(self) -> str:
        return self.username

    def get_short_name(self) -> str:
        return self.username


class Session(AbstractBaseSession):
    """A log-in. The member stands beside the opaque data, so that erasure can end every session at once."""

    user = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+")
    # The log-in. By the database when a release that does not know it writes the row.
    started_at = models.DateTimeField(db_default=Now())

    @classmethod
    def get_session_store_class(cls):
        from accounts.sessions import SessionStore

        return SessionStore


class Erasure(models.Model):
    """The record that an account was erased, and by whom: ids only, so that it can be kept for ever.

    A restore repeats the erasures in this table (deploy/postgres/erase.sql). The ids are no foreign keys,
    because the rows that they named are gone; the sequence of `User` never returns an id twice.
    """

    user_id = models.BigIntegerField(primary_key=True)
    erased_at = models.DateTimeField()
    # The member, or a member of staff; null when a command erased the account.
    erased_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"Erasure of member {self.user_id}"
