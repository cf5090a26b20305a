"""Model fields for the name of a user."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.lookups import Contains

from accounts import lookalikes, names

if TYPE_CHECKING:  # The classes of Django cannot be subscripted at run time.
    CharField = models.CharField[str, str]
    TextField = models.TextField[str, str]
else:
    CharField, TextField = models.CharField, models.TextField


class UsernameField(CharField):
    """A username. The rules of accounts.names apply to new names; an account may keep its existing name."""

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
        name = super().clean(value, model_instance)
        if model_instance is None:  # `createsuperuser`, before it prompts for a password.
            others: Any = self.model._default_manager.exclude(name_key=names.key(name))
            others.refuse_name(name)
        return name


class NameKeyField(TextField):
    """The key of the username, computed whenever a row is written. Look-ups accept any spelling."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return names.key(value) if isinstance(value, str) else value

    def pre_save(self, model_instance: Any, add: bool) -> str:
        value = names.key(model_instance.username)
        setattr(model_instance, self.attname, value)
        return value


class NameGroupField(TextField):
    """The look-alike group of the username (accounts.lookalikes), computed whenever a row is written."""

    def pre_save(self, model_instance: Any, add: bool) -> str:
        value = lookalikes.group(model_instance.username)
        setattr(model_instance, self.attname, value)
        return value


@NameKeyField.register_lookup
class KeyContains(Contains):
    """`name_key__contains`: matches keys that contain the key of a search term. Used by the admin."""

    prepare_rhs = True
