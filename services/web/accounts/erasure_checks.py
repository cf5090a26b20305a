"""System checks of the phases of an erasure, and of the tables that lead to a user."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register
from django.db.models import DO_NOTHING, ForeignKey, Model

from accounts import erasure_phases
from accounts.models import User

# Django deletes their rows before `AFTER_DELETE` runs, because their keys to the user are CASCADE.
CASCADING = {"accounts.User_groups", "accounts.User_user_permissions", "admin.LogEntry"}


@register
def check_phases(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Return an error for each phase without a function."""
    hint = "Register one with @erasure_phase, in a module that is imported at the start."
    return [
        Error(f"The erasure phase “{phase}” has no function.", hint=hint, id="accounts.E002")
        for phase in erasure_phases.PHASES
        if phase not in erasure_phases.registered()
    ]


@register
def check_tables(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Return an error for each table that leads to a user and has no phase, and for a CASCADE to a user."""
    return errors_of(apps.get_models(include_auto_created=True))


def errors_of(models: Iterable[type[Model]]) -> list[CheckMessage]:
    keys = [key for key in keys_to_users(models) if key.model._meta.label not in CASCADING]
    erased = erasure_phases.erased_models()
    without_phase = [_without_phase(key) for key in keys if key.model._meta.label not in erased]
    to_users = [key for key in keys if key.related_model is User]
    return without_phase + [
        _cascades(key) for key in to_users if key.remote_field.on_delete is not DO_NOTHING
    ]


def _without_phase(key: ForeignKey[Any, Any]) -> CheckMessage:
    return Error(
        f"{key} leads to a user, and no phase of the erasure deletes the rows of {key.model._meta.label}.",
        hint="Delete them in the function of a phase (erasure.py of the app), and name the model in its "
        f"decorator: @erasure_phase(…, {key.model.__name__}). If the table leads to a user through "
        "another table, delete them in deploy/postgres/erase.sql too, which runs after a restore. "
        f"Then add “{key}” to RULES in "
        "tests/integration/accounts/test_erasure_rules.py.",
        obj=key,
        id="accounts.E003",
    )


def _cascades(key: ForeignKey[Any, Any]) -> CheckMessage:
    return Error(
        f"{key} points to a user and is not DO_NOTHING.",
        hint="Use DO_NOTHING, and delete the rows in a phase of the erasure. "
        "Otherwise Django loads each row before the phases run.",
        obj=key,
        id="accounts.E004",
    )


def keys_to_users(models: Iterable[type[Model]]) -> list[ForeignKey[Any, Any]]:
    """Return the foreign keys to users, and those to tables that lead to a user through other keys."""
    keys = [
        field
        for model in models
        for field in model._meta.local_concrete_fields
        if isinstance(field, ForeignKey)
    ]
    reached: set[Any] = {User}
    while found := {key.model for key in keys if key.related_model in reached} - reached:
        reached |= found
    return [key for key in keys if key.related_model in reached]
