"""`manage.py demo` creates sample users and threads."""

import io
import re

from django.core.management import call_command
from django.test import Client

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
