"""The order of an erasure: named phases, each run by one function that one app registers.

`accounts` may not import the apps whose tables an erasure empties. It runs the phases from `pre_delete` and
`post_delete` of User (accounts/receivers.py), so pages, the admin and the shell erase in the same way. The
order depends neither on INSTALLED_APPS nor on imports. The phases run in the transaction of the deletion.
docs/recipes.md, "Add a table that belongs to a member", lists the steps for a new table.
"""

from collections.abc import Callable

from django.db.models import Model
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User

# `lock` waits for concurrent writers and blocks later ones. `record` inserts the record of the erasure.
BEFORE_DELETE = ("lock", "record")
# `invalidate` reads the counterparts, so it runs before `messages` deletes the conversations. `notifications`
# finds its rows by the messages, so it runs before them too. `account` deletes the rest.
AFTER_DELETE = ("invalidate", "notifications", "messages", "account")
PHASES = BEFORE_DELETE + AFTER_DELETE

MOST_COUNTED = 10_000  # A count stops after this number, because a member may have millions of rows.

Function = Callable[[User, str], None]
Count = Callable[[User], dict[str, int]]
_functions: dict[str, Function] = {}
_counts: dict[str, Count] = {}
_models: set[str] = set()


def erasure_phase(
    phase: str, *models: type[Model], count: Count | None = None
) -> Callable[[Function], Function]:
    """Register the function that runs a phase, and the models whose rows it deletes.

    The function receives the user and the database alias. `count` returns {label: number of rows} for the
    page that asks before an erasure, and counts to MOST_COUNTED + 1. Raise ValueError for an unknown phase,
    and for one that another function runs. System checks (accounts/erasure_checks.py) fail for a phase
    without a function and for a model that leads to a user and has no phase.
    """

    def add(function: Function) -> Function:
        # Compare names, because a second import of the module registers the same function again.
        if phase not in PHASES or name_of(_functions.get(phase, function)) != name_of(function):
            raise ValueError(f"The erasure phase “{phase}” is not in PHASES, or another function runs it.")
        _models.update(model._meta.label for model in models)
        _functions[phase] = function
        if count:
            _counts[phase] = count
        return function

    return add


def run(phases: tuple[str, ...], user: User, using: str) -> None:
    """Run the functions of these phases, in order."""
    for phase in phases:
        _functions[phase](user, using)


def preview(user: User) -> dict[str, str]:
    """Return what an erasure of `user` would delete, from all apps: {label: number of rows, as a text}."""
    counts = [_counts[phase](user) for phase in PHASES if phase in _counts]
    many = _("more than %(count)s") % {"count": number_format(MOST_COUNTED, force_grouping=True)}
    return {
        label: str(number) if number <= MOST_COUNTED else many
        for some in counts
        for label, number in some.items()
    }


def name_of(function: Function) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def registered() -> dict[str, str]:
    """Return the name of the function of each phase, in the order in which they run."""
    return {phase: name_of(_functions[phase]) for phase in PHASES if phase in _functions}


def erased_models() -> frozenset[str]:
    """Return the labels of the models whose rows a phase deletes."""
    return frozenset(_models)
