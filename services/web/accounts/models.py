"""Members, and the sessions they are logged in with."""

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.indexes import OpClass
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Upper


class UserQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def named_like(self, start: str):
        """Members whose name begins with `start`, whatever its case; answered by the index on the name."""
        return self.filter(username__istartswith=start).order_by("username")


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

    objects = UserManager()  # type: ignore[misc]

    class Meta(AbstractUser.Meta):
        constraints = [
            # One name whatever its case. `iexact` and `istartswith` compare UPPER(), so this index
            # answers log-in and the suggestions too.
            models.UniqueConstraint(
                OpClass(Upper("username"), name="text_pattern_ops"),
                name="user_username_ci",
                violation_error_message="A member with that name exists already.",
            ),
        ]

    def get_full_name(self) -> str:
        return self.username

    def get_short_name(self) -> str:
        return self.username


class Session(AbstractBaseSession):
    """A log-in. The member stands beside the opaque data, so that erasure can end every session at once."""

    user = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+")

    @classmethod
    def get_session_store_class(cls):
        from accounts.sessions import SessionStore

        return SessionStore
