"""Members, and the sessions they are logged in with."""

from collections.abc import Set

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models, transaction
from django.db.models.functions import Now

from accounts import lookalikes, names
from accounts.fields import NameGroupField, NameKeyField, UsernameField
from accounts.managers import SHOWN, UserManager
from accounts.passwords import NormalizedPasswords


class User(NormalizedPasswords, AbstractUser):
    # A member has one name.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    username = UsernameField("username")
    name_key = NameKeyField(editable=False, db_collation="C")
    # The username of an account that lost its key to an older account when keys came; otherwise empty.
    exact_name = models.CharField(
        max_length=names.LONGEST, default="", db_default="", blank=True, editable=False
    )
    look_alike_group = NameGroupField(editable=False, db_collation="C")

    # Set during `save`: whether it changes what pages of other members show.
    has_visible_change = False
    # Who erases this account; read by the receiver that records the erasure. Set it before `delete`.
    erased_by_id: int | None = None

    objects = UserManager()  # type: ignore[misc]

    class Meta(AbstractUser.Meta):
        constraints = [
            # One name whatever its spelling. Look-ups and suggestions use this index too.
            models.UniqueConstraint(
                fields=["name_key", "exact_name"],
                name="user_name_key",
                violation_error_message="A member with that name exists already.",
            ),
        ]
        indexes = [
            # accounts.managers.UserQuerySet.refuse_name.
            models.Index(fields=["look_alike_group"], name="user_look_alikes"),
        ]

    @classmethod
    def normalize_username(cls, username: str) -> str:
        return names.spelling(username) if isinstance(username, str) else username

    def clean(self) -> None:
        """Like AbstractUser's, but a name that stays as it is keeps its old spelling."""
        kept = self.username
        super().clean()
        if self.has_name(kept):
            self.username = kept

    def has_name(self, name: str) -> bool:
        """Return whether the account has this name already, in exactly this spelling."""
        return bool(self.pk) and type(self).objects.filter(pk=self.pk, username=name).exists()

    def save(self, *, using: str | None = None, update_fields=None, **kwargs) -> None:
        """Save. Raises ValidationError for a new name that looks like another member's."""
        using = using or self._state.db or "default"
        if self.exact_name != self.username:
            self.exact_name = ""
        if update_fields is not None and "username" in update_fields:
            update_fields = {*update_fields, "name_key", "exact_name", "look_alike_group"}
        shown = SHOWN if update_fields is None else SHOWN.intersection(update_fields)
        if not shown:  # A log-in, for example.
            super().save(using=using, update_fields=update_fields, **kwargs)
            return
        with transaction.atomic(using=using):
            self._compare_with_stored(shown, using)
            try:
                super().save(using=using, update_fields=update_fields, **kwargs)
            finally:
                self.has_visible_change = False

    def _compare_with_stored(self, shown: Set[str], using: str) -> None:
        """Find out what `save` changes, and refuse a new name that looks like another member's.

        Locks the row: a copy that was loaded before a rename brings back the old name, which must be noticed.
        """
        rows = type(self)._base_manager.using(using)
        stored = (
            rows.select_for_update(no_key=True).filter(pk=self.pk).values(*shown).first() if self.pk else None
        )
        changed = {name for name in shown if stored is None or stored[name] != getattr(self, name)}
        self.has_visible_change = stored is not None and bool(changed)
        if "username" in changed:
            others = type(self).objects.using(using).exclude(pk=self.pk)
            others.lock_names([self.username])
            others.refuse_look_alike(self.username)

    def fill_name_columns(self) -> None:
        """Compute the columns that follow from the username, as `save` does."""
        self.name_key, self.look_alike_group = names.key(self.username), lookalikes.group(self.username)

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
