"""Receivers of signals.

Each is small, belongs to one sender, is connected once and ignores fixtures.
"""

import ast
import importlib
import inspect
import json
import re
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.core.management import call_command
from django.db.models import signals as model_signals
from django.dispatch import Signal
from zeal import zeal_ignore

from accounts.models import User
from accounts.signals import users_changed_in_bulk
from messaging.models import Message, MessageHistory, Participant
from messaging.signals import messages_created_in_bulk, messages_read
from notifications.models import Notification

WEB = Path(settings.BASE_DIR)
# The modules of apps that connect a receiver.
MODULES = sorted(
    ".".join(path.relative_to(WEB).with_suffix("").parts)
    for app in WEB.glob("*/__init__.py")
    for path in app.parent.rglob("*.py")
    if "dispatch_uid=" in path.read_text() and path.parts[-2:] != ("observability", "signals.py")
)
SIGNALS = [
    (model_signals.pre_save, Message),
    (model_signals.post_save, Message),
    (model_signals.pre_delete, Message),
    (model_signals.post_delete, Message),
    (messages_created_in_bulk, Message),
    (messages_read, Message),
    (model_signals.post_save, Participant),
    (model_signals.post_save, Notification),
    (model_signals.pre_save, User),
    (model_signals.post_save, User),
    (model_signals.pre_delete, User),
    (model_signals.post_delete, User),
    (users_changed_in_bulk, User),
    (user_logged_out, User),
]


def receivers_in(module):
    """Yield each function of a module with a receiver decorator, and the arguments of the decorator."""
    for node in ast.parse(inspect.getsource(importlib.import_module(module))).body:
        for decorator in getattr(node, "decorator_list", []):
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "receiver":
                yield node, {keyword.arg: keyword.value for keyword in decorator.keywords}


NAMES = {
    signal: name
    for module in [
        "django.contrib.auth",
        "django.db.models",
        "accounts",
        "messaging",
        "observability",
    ]
    for name, signal in vars(importlib.import_module(f"{module}.signals")).items()
    if isinstance(signal, Signal)
}
DOCUMENT = (WEB.parents[1] / "docs/signals.md").read_text()

RECEIVERS = [
    pytest.param(module, node, given, id=f"{module}.{node.name}")
    for module in MODULES
    for node, given in receivers_in(module)
]


def connected():
    """Return the connections of receivers of these modules, one entry for each."""
    return sorted(
        f"{number} {function.__module__}.{function.__name__}"
        for number, (signal, sender) in enumerate(SIGNALS)
        for function in signal._live_receivers(sender)[0]
        if function.__module__ in MODULES
    )


@pytest.mark.parametrize(("module", "node", "given"), RECEIVERS)
def test_a_receiver_is_small_and_belongs_to_one_sender(module, node, given):
    assert {"sender", "dispatch_uid"} <= given.keys()
    app, lines = module.split(".")[0], node.end_lineno - node.decorator_list[0].lineno
    assert given["dispatch_uid"].value.split(".")[0] == app, f"begin dispatch_uid with “{app}.”"
    assert lines < 12, f"move the work of {node.name}() into a function of {app}"


def test_no_two_receivers_share_a_name():
    names = [param.values[2]["dispatch_uid"].value for param in RECEIVERS]

    assert len(names) == len(set(names)) >= 10


def test_each_receiver_is_connected_exactly_once():
    names = [name.split()[1] for name in connected()]
    missing = {f"{param.values[0]}.{param.values[1].name}" for param in RECEIVERS} - set(names)

    assert not missing, f"add the signal and the sender to SIGNALS in {__file__}: {missing}"
    assert len(connected()) == len(set(connected())) == len(RECEIVERS)


@pytest.mark.parametrize("module", MODULES)
def test_module_with_receivers_is_imported_at_the_start(module):
    """The apps import it in `ready()`. This module imports it too, so a missing import would go unnoticed."""
    app, name = module.split(".", 1)
    code = (WEB / app / "apps.py").read_text()

    assert re.search(rf"from {app} import .*\b{name}\b", code), f"import {module} in ready(), {app}/apps.py"


def in_order():
    """Return the receivers of each signal and sender, in the order in which Django calls them."""
    return {
        (NAMES[signal], sender.__name__): [
            name for (name, sender_id), *_ in signal.receivers if sender_id == id(sender)
        ]
        for signal, sender in SIGNALS
    }


# Read before any test runs: the tests that disconnect a receiver connect it again at the end.
IN_ORDER = in_order()


def test_receivers_are_documented_in_the_order_in_which_they_run():
    listed = {}
    for signal, sender, name in re.findall(r"^\| `(\w+)`[^|]*\| (\w+) \| `(\w+\.\w+)`", DOCUMENT, re.M):
        listed.setdefault((signal, sender), []).append(name)

    assert listed == IN_ORDER, "correct the first table of docs/signals.md"


def test_apps_are_documented_in_the_order_of_their_receivers():
    apps_in_order = re.findall(r"`(\w+)`", re.search(r"^`\w+` → .+$", DOCUMENT, re.M)[0])

    for names in IN_ORDER.values():
        places = [apps_in_order.index(name.split(".")[0]) for name in names]
        assert places == sorted(places), f"correct “Order” in docs/signals.md: {names}"


def test_starting_the_apps_again_connects_nothing_twice():
    before = connected()

    for app in ("accounts", "messaging", "notifications"):
        apps.get_app_config(app).ready()
    assert connected() == before


@pytest.mark.parametrize("module", MODULES)
def test_importing_a_module_again_connects_nothing_twice(module, monkeypatch):
    before, first = connected(), sys.modules[module]
    monkeypatch.delitem(sys.modules, module)

    assert importlib.import_module(module) is not first
    assert connected() == before


@pytest.mark.django_db(transaction=True)
def test_rows_of_a_fixture_are_loaded_unchanged(message, reply, alice, tmp_path):
    message.edit("Changed", by=alice)
    what = ["accounts.user", "messaging", "notifications"]
    call_command("dumpdata", *what, output=tmp_path / "before.json", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    assert not Message.objects.exists()

    with zeal_ignore():  # Django queries the groups of each user.
        call_command("loaddata", tmp_path / "before.json", verbosity=0)
    call_command("dumpdata", *what, output=tmp_path / "after.json", verbosity=0)
    before, after = (json.loads((tmp_path / f"{when}.json").read_text()) for when in ("before", "after"))
    for row in before + after:
        row["fields"].pop("named_at", None)  # The time at which this database gave the name (decision 14).
    assert after == before
    assert (Notification.objects.count(), MessageHistory.objects.count()) == (2, 1)
    assert Message.objects.get(pk=reply.pk).thread == message.pk


@pytest.mark.parametrize("fields", [None, ["content"]])
def test_a_raw_save_of_a_changed_text_keeps_no_history(fields, message):
    message.content = "From a fixture"
    message.save_base(raw=True, update_fields=fields)

    assert Message.objects.get().content == "From a fixture"
    assert not MessageHistory.objects.exists()
    assert Notification.objects.count() == 1
