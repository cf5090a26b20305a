"""Users, their sessions, and the records of erased accounts."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import connections, models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import lookalikes, names
from accounts.concurrent_erasure import existing
from accounts.fields import NameGroupField, NameKeyField, UsernameField
from accounts.managers import FOLLOWING, UserManager
from accounts.passwords import NormalizedPasswords
from accounts.sessions import SessionStore
from caching.transactions import on_commit

SESSION_SALT = "accounts.session"
SHOWN = {"username", "is_active"}  # Fields that affect pages of other users.


class User(NormalizedPasswords, AbstractUser):
    # A user has only one name.
    first_name = None  # type: ignore[assignment]  # no column
    last_name = None  # type: ignore[assignment]  # no column

    username = UsernameField(_("username"))
    name_key = NameKeyField(editable=False, db_collation="C")
    # The username, if the account has the same key as an older account from before keys were unique.
    # Otherwise empty.
    exact_name = models.CharField(
        max_length=names.LONGEST, default="", db_default="", blank=True, editable=False
    )
    look_alike_group = NameGroupField(editable=False, db_collation="C")
    # Time when the account got its name; another spelling of the same key is the same name. Null if that was
    # before this column existed.
    named_at = models.DateTimeField(null=True, editable=False, db_default=Now())

    # The language that a log-in chooses in its browser. "": the language of the browser. Null: the member has
    # never chosen one.
    language = models.CharField(max_length=10, null=True, editable=False)
    # A name of the IANA database (accounts/time_zones.py). "": the zone of the site.
    time_zone = models.CharField(max_length=64, default="", db_default="", blank=True, editable=False)

    # True during a `save` that changes the pages of other users.
    has_visible_change = False
    # Id of the user who erases this account, for the erasure record. Set it before `delete`.
    erased_by_id: int | None = None

    objects = UserManager()  # type: ignore[misc]  # of another class than in AbstractUser

    class Meta(AbstractUser.Meta):
        constraints = [
            # One account for all spellings of a name. Look-ups and suggestions use this index too.
            models.UniqueConstraint(
                fields=["name_key", "exact_name"],
                name="user_name_key",
                violation_error_message="A member with that name exists already.",
            ),
        ]
        indexes = [
            # Used by accounts.managers.UserQuerySet.refuse_name.
            models.Index(fields=["look_alike_group"], name="user_look_alikes"),
        ]

    @classmethod
    def normalize_username(cls, username: str) -> str:
        return names.spelling(username) if isinstance(username, str) else username

    def get_session_auth_hash(self) -> str:
        """Like AbstractBaseUser's, but independent of SECRET_KEY, so that a rotation ends no session.

        Django replaces a session of a previous key, and other tabs still send requests of the old session.
        """
        return salted_hmac(SESSION_SALT, self.password, secret=SESSION_SALT, algorithm="sha256").hexdigest()

    def clean(self) -> None:
        """Like AbstractUser's, but keep the spelling of a name that did not change."""
        kept = self.username
        super().clean()
        if self.has_name(kept):
            self.username = kept

    def has_name(self, name: str) -> bool:
        """Return whether the stored username is exactly `name`."""
        return bool(self.pk) and type(self).objects.filter(pk=self.pk, username=name).exists()

    def save(
        self, *, using: str | None = None, update_fields: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        """Save the user. Raise ValidationError for a new name that looks like the name of another user.

        Raise DoesNotExist if the account was erased after this instance was loaded. Django would insert it
        again.
        """
        using = using or self._state.db or "default"
        if not self._state.adding and self._state.db == using and not kwargs.get("force_insert"):
            kwargs["force_update"] = True
        if self.exact_name != self.username:
            self.exact_name = ""
        if update_fields is not None and "username" in update_fields:
            update_fields = {*update_fields, *FOLLOWING}
        shown = SHOWN if update_fields is None else SHOWN.intersection(update_fields)
        if not shown:  # A log-in, for example.
            self._write(using=using, update_fields=update_fields, **kwargs)
            return
        with transaction.atomic(using=using):
            self._compare_with_stored(shown, using)
            try:
                self._write(using=using, update_fields=update_fields, **kwargs)
                if self.has_visible_change and not self.is_active:
                    Session.end("user_id = %s", [self.pk], using)
            finally:
                self.has_visible_change = False

    def _write(self, **options: Any) -> None:
        with existing(self, "The account was erased in the meantime."):
            super().save(**options)

    def _compare_with_stored(self, shown: Set[str], using: str) -> None:
        """Set `has_visible_change` and `named_at`. Raise ValidationError for a new name that looks like
        the name of another user.

        The row is locked. An instance that was loaded before a rename would restore the old name, and this
        must count as a change.
        """
        rows = type(self)._base_manager.using(using)
        wanted = {*shown, "name_key", "named_at"}
        stored = (
            rows.select_for_update(no_key=True).filter(pk=self.pk).values(*wanted).first()
            if self.pk
            else None
        )
        changed = {name for name in shown if stored is None or stored[name] != getattr(self, name)}
        self.has_visible_change = stored is not None and bool(changed)
        if "username" in changed:
            others = type(self).objects.using(using).exclude(pk=self.pk)
            others.lock_names([self.username])
            # The unique index rejects a key that exists already.
            others.exclude(name_key=names.key(self.username)).refuse_name(self.username)
        if "username" in shown:
            self._set_time_of_name(stored)

    def _set_time_of_name(self, stored: Mapping[str, Any] | None) -> None:
        has_name = stored is not None and stored["name_key"] == names.key(self.username)
        self.named_at = stored["named_at"] if stored and has_name else timezone.now()

    def fill_name_columns(self, using: str) -> None:
        """Set the fields that are derived from the username, as `save` does. One query."""
        rows = type(self)._base_manager.using(using).filter(pk=self.pk)
        self._set_time_of_name(rows.values("name_key", "named_at").first())
        self.name_key, self.look_alike_group = names.key(self.username), lookalikes.group(self.username)


class Session(AbstractBaseSession):
    """A session. The id of the user is a column, so that an erasure can delete all sessions of a user."""

    user = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+")
    # Time of the log-in. The default of the database applies if a release without this field inserts the row.
    started_at = models.DateTimeField(db_default=Now())

    @classmethod
    def end(cls, where: str, values: list[Any], using: str) -> None:
        """Delete the sessions that match the SQL condition, and their copies after the commit. One query."""
        with connections[using].cursor() as cursor:
            ended = f"DELETE FROM {cls._meta.db_table} WHERE {where} RETURNING session_key"  # noqa: S608
            cursor.execute(ended, values)
            keys = [key for (key,) in cursor.fetchall()]
        for key in keys:
            on_commit(using, SessionStore().discard_copy, key)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        return SessionStore


class Erasure(models.Model):
    """The record of an erased account. It contains only ids, so it can be kept forever.

    A restore repeats the erasures in this table (deploy/postgres/erase.sql). The ids are not foreign keys,
    because the rows are deleted. The sequence of `User` never returns an id twice.
    """

    user_id = models.BigIntegerField(primary_key=True)
    erased_at = models.DateTimeField()
    # The user or a staff user; null if a management command erased the account.
    erased_by_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"Erasure of member {self.user_id}"
