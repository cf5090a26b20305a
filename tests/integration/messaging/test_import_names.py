"""`manage.py import_messages`: to which user a name in the file belongs."""

import hashlib
import io
import json
import re
from unicodedata import normalize

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import names
from accounts.models import User
from messaging.models import Message

pytestmark = pytest.mark.django_db
LOOK_ALIKES = [
    ("José", normalize("NFD", "José")), ("ann", "ａｎｎ"), ("O'Brien", "O’Brien"),
    ("김철수", normalize("NFD", "김철수")), ("Nguyễn", normalize("NFD", "Nguyễn")), ("fiona", "ﬁona"),
    ("ガガ", "ｶﾞｶﾞ"),
]  # fmt: skip
SAME_NAME = [
    *LOOK_ALIKES, ("José", "JOSE\u0301"), ("élodie", "ÉLODIE"), ("елена", "ЕЛЕНА"), ("kiwi", "kıwı"),
    ("kiwi", "KİWİ"), ("Straße", "STRASSE"), ("Νίκος", "ΝΊΚΟΣ"), ("ann", "ＡＮＮ"), ("ΩMEGA", "ωmega"),
]  # fmt: skip


def line(pk, sender, receiver="ben", parent=None):
    record = {"id": pk, "sender": sender, "receiver": receiver, "content": f"hi {pk}", "parent": parent}
    return record | {"timestamp": f"2004-12-25T03:{pk:02}:00+00:00"}


@pytest.fixture
def load(tmp_path, capsys):
    """Return a function that imports records and returns the output."""

    def run(*records):
        path = tmp_path / "messages.jsonl"
        path.write_text("\n".join(map(json.dumps, records)) + "\n")
        out = io.StringIO()
        try:
            call_command("import_messages", str(path), stdout=out, stderr=out)
        except CommandError as error:
            out.write(str(error))
        return out.getvalue() + capsys.readouterr().err

    return run


def people():
    return sorted(User.objects.values_list("username", flat=True))


def senders():
    return list(Message.objects.order_by("timestamp").values_list("sender__username", flat=True))


@pytest.mark.parametrize(("name", "typed"), LOOK_ALIKES)
def test_spellings_that_normalise_to_one_name_are_one_member_with_one_thread(load, name, typed):
    for _ in range(2):
        said = load(line(1, typed), line(2, "ben", name, 1), line(3, name), line(4, typed, parent=2))

    assert people() == sorted([name, "ben"])
    assert senders() == [name, "ben", name, name]
    assert Message.objects.filter(thread=Message.objects.earliest("timestamp").pk).count() == 3
    assert f"{typed!r} is {name}" in said


@pytest.mark.parametrize("used", ["password", "last_login"])
@pytest.mark.parametrize(("name", "typed"), SAME_NAME)
def test_member_who_logs_in_is_found_by_any_spelling(load, member, name, typed, used):
    user = member(name)
    User.objects.filter(pk=user.pk).update(
        **({"password": "argon2$any"} if used == "password" else {"last_login": timezone.now()})
    )
    load(line(1, typed, "someone"), line(2, name, "someone"))

    assert people() == sorted([name, "someone"])
    assert senders() == [name, name]


def test_message_to_oneself_in_another_spelling_is_skipped_with_its_replies(load, member):
    member("Ann", last_login=timezone.now())
    said = load(
        line(1, "ann", "ANN"),
        line(2, "ANN", "ann", 1),
        line(3, "José", normalize("NFD", "José")),
        line(4, "ann"),
    )

    assert said.count("sender and receiver are the same member") == 3
    assert senders() == ["Ann"]


def test_reply_between_other_people_is_skipped(load):
    said = load(line(1, "ann"), line(2, "ben", "cid", 1), line(3, "cid", "ben", 2))

    assert "its parent, on line 1, is between other people" in said
    assert "its parent, on line 2, was skipped" in said
    assert senders() == ["ann"]


def test_accounts_of_one_key_are_found_by_their_exact_names_only(load, member):
    first = member("José", last_login=timezone.now())
    second = User(username=normalize("NFD", "José"), password="!", last_login=timezone.now())
    second.exact_name = second.username
    User.objects.bulk_create([second])
    for _ in range(2):
        load(line(1, first.username), line(2, second.username), line(3, "JOSÉ"))
    found = senders()

    assert found[:2] == [first.username, second.username]
    assert found[2].startswith("JOSÉ-")
    assert User.objects.count() == 4


@pytest.mark.parametrize("others", [[], ["Ann", "O'Brien", "José"]])
@pytest.mark.parametrize("nickname", ["ａｎｎ", "O’Brien", "a|b", "ﬁona", "two words"])
def test_member_whom_an_earlier_release_made_for_a_nickname_is_found_again(load, member, nickname, others):
    for name in others:
        member(name)
    readable = re.sub(r"[^\w.@+-]", "_", names.spelling(nickname))
    made = member(f"{readable}-{hashlib.sha256(nickname.encode()).hexdigest()[:6]}")
    load(line(1, nickname))

    assert senders() == [made.username]


def test_existing_account_with_a_substitute_name_does_not_get_the_messages(load, member):
    digest = hashlib.sha256(b"ann").hexdigest()[:6]
    member(f"ann-{digest}", last_login=timezone.now())
    load(line(1, "ann"))

    assert senders() == ["ann"]


@pytest.mark.parametrize(
    "nickname", [".", "..", "．．", "tіki", "ol\u200bga", "\u3164", "a/b", "\ud800", "a\x00b"]
)
def test_invalid_name_gets_a_valid_substitute(load, nickname):
    for _ in range(2):
        load(line(1, nickname), line(2, "ben", nickname, 1))
    [name] = set(people()) - {"ben"}

    assert names.is_valid(name)
    assert senders() == [name, "ben"]


@pytest.mark.parametrize("nickname", [".", "..", "a/b"])
def test_existing_member_with_an_invalid_name_is_found(load, member, nickname):
    member(nickname)
    load(line(1, nickname))

    assert senders() == [nickname]
