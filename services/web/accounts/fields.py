"""The columns of a member's name."""

from typing import Any

from django.db import models
from django.db.models.lookups import Contains

from accounts import lookalikes, names


class UsernameField(models.CharField):
    """A username. The rules of accounts.names hold for new names; an account keeps a name that it has."""

    default_validators = [names.validate]
    description = "Username"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", names.LONGEST)
        kwargs.setdefault("unique", True)
        kwargs.setdefault("help_text", names.HELP)
        kwargs.setdefault("error_messages", {"unique": names.TAKEN})
        super().__init__(*args, **kwargs)

    def clean(self, value: Any, model_instance: Any) -> Any:
        if model_instance is not None and model_instance.has_name(value):
            return value
        return super().clean(value, model_instance)


class NameKeyField(models.TextField):
    """The key of the username, computed whenever a row is written; look-ups take any spelling."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return names.key(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: Any, add: bool) -> str:
        value = names.key(model_instance.username)
        setattr(model_instance, self.attname, value)
        return value


class NameGroupField(models.TextField):
    """What look-alikes of the username have in common, computed whenever a row is written."""

    def pre_save(self, model_instance: Any, add: bool) -> str:
        value = lookalikes.group(model_instance.username)
        setattr(model_instance, self.attname, value)
        return value


@NameKeyField.register_lookup
class KeyContains(Contains):
    """`name_key__contains`: has the key of a part of a name in it. For the search of the administration."""

    prepare_rhs = True
