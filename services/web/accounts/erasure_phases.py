"""The order of an erasure: named phases, each run by one function that one app registers.

`accounts` may not import the apps whose tables an erasure empties. It runs the phases from `pre_delete` and
`post_delete` of User (accounts/signals.py), so pages, the admin and the shell erase in the same way. The
order depends neither on INSTALLED_APPS nor on imports. The phases run in the transaction of the deletion.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from accounts.models import User

# `lock` waits for concurrent writers and blocks later ones. `record` inserts the record of the erasure.
BEFORE_DELETE = ("lock", "record")
# `invalidate` reads the counterparts, so it runs before `messages` deletes the conversations. `notifications`
# finds its rows by the messages, so it runs before them too. `account` deletes the rest.
AFTER_DELETE = ("invalidate", "notifications", "messages", "account")
PHASES = BEFORE_DELETE + AFTER_DELETE

Function = Callable[[User, str], None]
_functions: defaultdict[str, dict[str, Function]] = defaultdict(dict)


def erasure_phase(phase: str) -> Callable[[Function], Function]:
    """Register the function that runs a phase. It receives the user and the database alias."""

    def add(function: Function) -> Function:
        # The key is the name, so a second import of the module does not register the function again.
        _functions[phase][f"{function.__module__}.{function.__qualname__}"] = function
        return function

    return add


def run(phases: tuple[str, ...], user: User, using: str) -> None:
    """Run the functions of these phases, in order."""
    for phase in phases:
        for function in _functions[phase].values():
            function(user, using)


def registered() -> dict[str, list[str]]:
    """Return the names of the functions of each phase, in the order in which they run."""
    unknown = [phase for phase in _functions if phase not in PHASES]
    return {phase: list(_functions[phase]) for phase in (*PHASES, *unknown)}


@register
def check_phases(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Return an error for each unknown phase, and for each phase that does not have exactly one function."""
    errors: list[CheckMessage] = []
    for phase, names in registered().items():
        if phase not in PHASES:
            errors.append(
                Error(
                    f"{', '.join(names)} is registered for the unknown erasure phase “{phase}”.",
                    hint="Add the phase to accounts/erasure_phases.py, at its place in the order.",
                    id="accounts.E001",
                )
            )
        elif len(names) != 1:
            errors.append(
                Error(
                    f"The erasure phase “{phase}” has {len(names)} functions instead of one.",
                    hint="Register one with @erasure_phase, in a module that is imported at the start.",
                    id="accounts.E002",
                )
            )
    return errors
