"""Every receiver of the apps below the pages: small, for one sender, connected once, deaf to fixtures."""

import ast
import importlib
import inspect
import sys

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import signals as model_signals
from zeal import zeal_ignore

from accounts.models import User
from accounts.signals import erasure_preview
from messaging.models import Message, MessageHistory
from messaging.signals import messages_created_in_bulk, messages_read
from notifications.models import Notification
from notifications.signals import notifications_read

MODULES = ["accounts.signals", "messaging.receivers", "notifications.receivers"]
SIGNALS = [
    (model_signals.pre_save, Message),
    (model_signals.post_save, Message),
    (model_signals.pre_delete, Message),
    (model_signals.post_delete, Message),
    (messages_created_in_bulk, Message),
    (messages_read, Message),
    (notifications_read, Notification),
    (model_signals.pre_save, User),
    (model_signals.pre_delete, User),
    (model_signals.post_delete, User),
    (erasure_preview, User),
]


def receivers_in(module):
    """Each decorated function of a module, with the names of what its decorator is given."""
    for node in ast.parse(inspect.getsource(importlib.import_module(module))).body:
        for decorator in getattr(node, "decorator_list", []):
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "receiver":
                yield node, {keyword.arg: keyword.value for keyword in decorator.keywords}


RECEIVERS = [
    pytest.param(module, node, given, id=f"{module}.{node.name}")
    for module in MODULES
    for node, given in receivers_in(module)
]


def connected():
    """Where each of our receivers is connected, one entry a connection."""
    return sorted(
        f"{number} {function.__module__}.{function.__name__}"
        for number, (signal, sender) in enumerate(SIGNALS)
        for function in signal._live_receivers(sender)[0]
        if function.__module__ in MODULES
    )


@pytest.mark.parametrize(("module", "node", "given"), RECEIVERS)
def test_a_receiver_is_small_and_belongs_to_one_sender(module, node, given):
    assert {"sender", "dispatch_uid"} <= given.keys()
    assert given["dispatch_uid"].value.split(".")[0] == module.split(".")[0]
    assert node.end_lineno - node.decorator_list[0].lineno < 12


def test_no_two_receivers_share_a_name():
    names = [param.values[2]["dispatch_uid"].value for param in RECEIVERS]

    assert len(names) == len(set(names)) >= 10


def test_each_receiver_is_connected_exactly_once():
    assert len(connected()) == len(set(connected())) == len(RECEIVERS)


def test_starting_the_apps_again_connects_nothing_twice():
    before = connected()

    for app in ("accounts", "messaging", "notifications"):
        apps.get_app_config(app).ready()
    assert connected() == before


@pytest.mark.parametrize("module", MODULES[1:])
def test_importing_a_module_again_connects_nothing_twice(module, monkeypatch):
    before, first = connected(), sys.modules[module]
    monkeypatch.delitem(sys.modules, module)

    assert importlib.import_module(module) is not first
    assert connected() == before


def test_notifications_are_erased_before_the_messages_that_they_are_about():
    erasers = [function.__module__ for function in model_signals.post_delete._live_receivers(User)[0]]

    assert erasers.index("notifications.receivers") < erasers.index("messaging.receivers")


@pytest.mark.django_db(transaction=True)
def test_rows_from_a_fixture_are_taken_as_they_are(message, reply, alice, tmp_path):
    message.edit("Changed", by=alice)
    what = ["accounts.user", "messaging", "notifications"]
    call_command("dumpdata", *what, output=tmp_path / "before.json", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    assert not Message.objects.exists()

    with zeal_ignore():  # Django asks for the groups of each member.
        call_command("loaddata", tmp_path / "before.json", verbosity=0)
    call_command("dumpdata", *what, output=tmp_path / "after.json", verbosity=0)
    assert (tmp_path / "after.json").read_text() == (tmp_path / "before.json").read_text()
    assert (Notification.objects.count(), MessageHistory.objects.count()) == (2, 1)
    assert Message.objects.get(pk=reply.pk).thread == message.pk


@pytest.mark.parametrize("fields", [None, ["content"]])
def test_a_raw_save_of_a_changed_text_keeps_no_history(fields, message):
    message.content = "From a fixture"
    message.save_base(raw=True, update_fields=fields)

    assert Message.objects.get().content == "From a fixture"
    assert not MessageHistory.objects.exists()
    assert Notification.objects.count() == 1
