"""The columns of a member's name."""

from typing import Any

from django.db import models

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
    """The key of the username, computed whenever a row is written."""

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
