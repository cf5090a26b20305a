"""A model that writes its tracked fields only if this instance changed them.

Django's `save` writes every field, so an instance that was loaded before a concurrent change restores the old
value. An instance of this model does not write a tracked field that it did not change.
"""

from django.db import models


class DirtyFields(models.Model):
    TRACKED_FIELDS: tuple[str, ...] = ()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db, field_names, values, **options):
        instance = super().from_db(db, field_names, values, **options)
        instance.remember_fields()
        return instance

    def refresh_from_db(self, using=None, fields=None, from_queryset=None) -> None:
        super().refresh_from_db(using, fields, from_queryset)
        self.remember_fields(fields)

    def remember_fields(self, fields=None) -> None:
        """Record the current values of these tracked fields, or of all, as those in the database."""
        names = self.TRACKED_FIELDS if fields is None else fields
        now = {
            name: self.__dict__[name]
            for name in self.TRACKED_FIELDS
            if name in names and name in self.__dict__
        }
        self.__dict__["_loaded"] = self.__dict__.get("_loaded", {}) | now

    def fields_to_write(self) -> set[str]:
        """Return the names of the fields that a save without `update_fields` should write."""
        left_out = self.get_deferred_fields() | {
            name for name in self.TRACKED_FIELDS if not self._has_changed(name)
        }
        fields = (f for f in self._meta.concrete_fields if not f.primary_key and not f.generated)
        return {f.name for f in fields if f.attname not in left_out}

    def _has_changed(self, name: str) -> bool:
        loaded = self.__dict__.get("_loaded", {})
        return name in self.__dict__ and (name not in loaded or loaded[name] != self.__dict__[name])
