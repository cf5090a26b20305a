"""The order of an erasure: named phases, each run by one function that one app registers.

`accounts` may not import the apps whose tables an erasure empties. It runs the phases from `pre_delete` and
`post_delete` of User (accounts/receivers.py), so pages, the admin and the shell erase in the same way. The
order depends neither on INSTALLED_APPS nor on imports. The phases run in the transaction of the deletion.
docs/recipes.md, "Add a table that belongs to a member", lists the steps for a new table.
"""

from collections import defaultdict
from collections.abc import Callable

from django.db.models import Model

from accounts.models import User

# `lock` waits for concurrent writers and blocks later ones. `record` inserts the record of the erasure.
BEFORE_DELETE = ("lock", "record")
# `invalidate` reads the counterparts, so it runs before `messages` deletes the conversations. `notifications`
# finds its rows by the messages, so it runs before them too. `account` deletes the rest.
AFTER_DELETE = ("invalidate", "notifications", "messages", "account")
PHASES = BEFORE_DELETE + AFTER_DELETE

Function = Callable[[User, str], None]
_functions: defaultdict[str, dict[str, Function]] = defaultdict(dict)
_models: set[str] = set()


def erasure_phase(phase: str, *models: type[Model]) -> Callable[[Function], Function]:
    """Register the function that runs a phase, and the models whose rows it deletes.

    The function receives the user and the database alias. A system check (accounts/erasure_checks.py) fails
    for a model that leads to a user and has no phase.
    """

    def add(function: Function) -> Function:
        _models.update(model._meta.label for model in models)
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


def erased_models() -> frozenset[str]:
    """Return the labels of the models whose rows a phase deletes."""
    return frozenset(_models)
