"""`manage.py demo` creates sample users and threads."""

import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Q
from django.test import Client

from accounts.models import User
from messaging.models import Message


def _run() -> str:
    out = io.StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def test_demo_members_can_log_in_and_find_threads(db):
    passwords = dict(re.findall(r"^(\w+) +password: (\S+)$", _run(), re.M))
    assert sorted(passwords) == ["alice", "bob", "charlie"]

    client = Client()
    client.post("/accounts/login/", {"username": "alice", "password": passwords["alice"]})
    assert re.findall(r'data-counterpart="(\w+)"', client.get("/chats/").content.decode()) == [
        "charlie",
        "bob",
    ]
    assert Message.objects.filter(edited=True).count() == 1


def test_a_second_demo_changes_nothing(db):
    _run()
    said = _run()

    assert said.count("exists already") == 3
    assert Message.objects.count() == 14


@pytest.mark.parametrize("name", ["Alice", "BOB", "ｂｏｂ", "CHARLIE"])
def test_demo_uses_a_member_whose_name_has_another_spelling(member, name):
    user = member(name)

    assert f"{name:8} exists already" in _run()
    assert Message.objects.filter(Q(sender=user) | Q(receiver=user)).exists()


@pytest.mark.parametrize("name", ["a1ice", "сharlie", "B0B"])
def test_demo_beside_a_look_alike_of_its_members_stops_with_the_reason(db, name):
    User.objects.bulk_create([User(username=name)])
    with pytest.raises(CommandError, match=r"^(alice|bob|charlie) cannot be created: That name looks like"):
        _run()

    assert User.objects.count() == 1
