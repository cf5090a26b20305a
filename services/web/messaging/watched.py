"""A model some of whose fields are written only when this very instance changed them.

A save of Django's writes every field, so a copy that was loaded before somebody else's change brings the old
value back. Here a copy that did not touch a watched field leaves it alone.
"""

from django.db import models


class WatchedFields(models.Model):
    WATCHED: tuple[str, ...] = ()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db, field_names, values, **options):
        instance = super().from_db(db, field_names, values, **options)
        instance.remember_watched()
        return instance

    def refresh_from_db(self, using=None, fields=None, from_queryset=None) -> None:
        super().refresh_from_db(using, fields, from_queryset)
        self.remember_watched(fields)

    def remember_watched(self, fields=None) -> None:
        """Take the values of these watched fields, or of all, for what the database holds."""
        names = self.WATCHED if fields is None else fields
        now = {name: self.__dict__[name] for name in self.WATCHED if name in names and name in self.__dict__}
        self.__dict__["_loaded"] = self.__dict__.get("_loaded", {}) | now

    def fields_to_write(self) -> set[str]:
        """The names of what a whole save of this instance should write."""
        left_out = self.get_deferred_fields() | {name for name in self.WATCHED if not self._has_changed(name)}
        fields = (f for f in self._meta.concrete_fields if not f.primary_key and not f.generated)
        return {f.name for f in fields if f.attname not in left_out}

    def _has_changed(self, name: str) -> bool:
        loaded = self.__dict__.get("_loaded", {})
        return name in self.__dict__ and (name not in loaded or loaded[name] != self.__dict__[name])
