"""A model that writes its tracked fields only if this instance changed them.

Django's `save` writes every field, so an instance that was loaded before a concurrent change restores the old
value. An instance of this model does not write a tracked field that it did not change.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from django.db import models


class DirtyFields(models.Model):
    TRACKED_FIELDS: tuple[str, ...] = ()

    _stored: Mapping[str, Any] = {}  # The tracked fields that are loaded, as in the database.

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        instance = super().from_db(*args, **kwargs)
        instance.remember_fields()
        return instance

    def refresh_from_db(
        self, using: str | None = None, fields: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        super().refresh_from_db(using, fields, *args, **kwargs)
        self.remember_fields(fields)

    def remember_fields(self, fields: Iterable[str] | None = None) -> None:
        """Record the current values of these tracked fields, or of all, as those in the database."""
        names = self.TRACKED_FIELDS if fields is None else fields
        loaded = self.__dict__
        now = {name: loaded[name] for name in self.TRACKED_FIELDS if name in names and name in loaded}
        self._stored = {**self._stored, **now}

    def fields_to_write(self) -> set[str]:
        """Return the names of the fields that a save without `update_fields` should write."""
        unchanged = {name for name, value in self._stored.items() if self.__dict__.get(name) == value}
        left_out = self.get_deferred_fields() | unchanged
        fields = (f for f in self._meta.concrete_fields if not f.primary_key and not f.generated)
        return {f.name for f in fields if f.attname not in left_out}
