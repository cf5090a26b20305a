"""Look-alike names that are given at the same moment.

The result is the same as if one were given after the other.
"""

import io
import json
from unicodedata import normalize

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from accounts import lookalikes, names
from accounts.forms import AddMemberForm, ChangeMemberForm, SignUpForm
from accounts.models import User
from messaging.importing.members import Members

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a-long-enough-1"
# The names of the first three pairs have one key each, which a unique index checks. The others only look
# alike.
PAIRS = {
    "composed and not": ("José", normalize("NFD", "José")),
    "full width": ("anna", "ａｎｎａ"),
    "case": ("straße", "STRASSE"),
    "Latin and Cyrillic": ("coco", "сосо"),
    "capitals": ("tom", "ТОМ"),
    "digit for a letter": ("olga", "o1ga"),
    "two letters for one": ("mary", "rnary"),
    "i for l": ("Iris", "lris"),
    "Latin and Greek": ("oo", "οο"),
}
every_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
looking_alike = pytest.mark.parametrize("pair", [PAIRS["Latin and Cyrillic"], PAIRS["digit for a letter"]])


def sign_up(name):
    form = {"username": name, "password1": PASSWORD}
    response = Client().post("/accounts/signup/", form)
    return response.status_code, response.content.decode()


def save_form(form, name, **options):
    typed = {"username": name, "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    filled = form(typed | {"date_joined": "2026-01-01"}, **options)
    if not filled.is_valid():
        raise ValidationError(filled.errors["username"].as_data())
    filled.save()


def rename(name):
    user = User.objects.get(username="somebody")
    user.username = name
    user.save()


def rename_in_the_administration(name):
    user = User.objects.get(username="somebody")
    form = ChangeMemberForm({"username": name}, instance=user)
    form.full_clean()
    if "username" in form.errors:
        raise ValidationError(form.errors["username"].as_data())
    user.save()


def make_superuser(name):
    call_command("createsuperuser", "--noinput", username=name, email="a@b.example", stdout=io.StringIO())


WAYS = {
    "sign-up": lambda name: save_form(SignUpForm, name),
    "administration": lambda name: save_form(AddMemberForm, name),
    "rename in the administration": rename_in_the_administration,
    "createsuperuser": make_superuser,
    "create": lambda name: User.objects.create(username=name),
    "save of a rename": rename,
}


def load_fixture(name):
    [record] = json.loads(serializers.serialize("json", User.objects.filter(username="somebody")))
    record["fields"]["username"] = name
    for one in serializers.deserialize("json", json.dumps([record])):
        one.save()


# These write names that belonged to different people before, so they accept look-alikes, as an import does.
# Other writers wait for them.
UNCHECKED = {
    "import": lambda name: Members().prepare([name]),
    "bulk_create": lambda name: User.objects.bulk_create([User(username=name)]),
    "fixture": load_fixture,
}


def test_these_names_look_alike():
    assert all(lookalikes.look_alike(*pair) for pair in PAIRS.values())
    assert all(names.key(first) != names.key(second) for first, second in list(PAIRS.values())[3:])


@every_pair
def test_sign_up_while_a_look_alike_signs_up_is_refused_beside_the_field(pair, meanwhile):
    answers = []
    errors = meanwhile(lambda: WAYS["sign-up"](pair[0]), lambda: answers.append(sign_up(pair[1])))

    [(status, page)] = answers
    assert (errors, status) == ([None, None], 422)
    assert "choose another" in page or "mistaken for it" in page
    assert User.objects.count() == 1


@every_pair
def test_two_sign_ups_at_once_make_one_member(pair, at_once):
    answers = at_once(*[lambda name=name: sign_up(name) for name in pair[::-1]])

    assert sorted(status for status, _ in answers) == [302, 422]
    assert User.objects.count() == 1


@looking_alike
@pytest.mark.parametrize("way", WAYS)
def test_look_alike_of_a_name_given_meanwhile_is_refused_in_every_way(pair, way, member, meanwhile):
    member("somebody")
    _, refused = meanwhile(lambda: User.objects.create(username=pair[0]), lambda: WAYS[way](pair[1]))

    assert isinstance(refused, ValidationError | CommandError)
    assert "looks like another member" in str(refused)
    assert not User.objects.filter(username=pair[1]).exists()


@pytest.mark.parametrize("way", [*WAYS, *UNCHECKED])
def test_sign_up_waits_for_a_look_alike_that_is_made_in_any_way(way, member, meanwhile):
    member("somebody")
    answers = []
    make = {**WAYS, **UNCHECKED}[way]
    meanwhile(lambda: make("сосо"), lambda: answers.append(sign_up("coco")))

    assert [status for status, _ in answers] == [422]
    assert User.objects.filter(username="сосо").exists()


def test_sign_up_waits_for_an_import_of_many_members(meanwhile):
    answers = []
    people = [f"person-{number}" for number in range(600)] + ["сосо"]
    meanwhile(lambda: Members().prepare(people), lambda: answers.append(sign_up("coco")))

    assert [status for status, _ in answers] == [422]


def test_sign_up_after_a_look_alike_that_was_rolled_back_succeeds(meanwhile):
    def give_up():
        User.objects.create(username="сосо")
        transaction.set_rollback(True)

    answers = []
    assert meanwhile(give_up, lambda: answers.append(sign_up("coco"))) == [None, None]

    assert [status for status, _ in answers] == [302]


@looking_alike
@pytest.mark.parametrize("way", UNCHECKED)
def test_look_alike_is_accepted_where_names_are_loaded(pair, way, member):
    member("somebody")
    member(pair[0])
    UNCHECKED[way](pair[1])

    assert User.objects.filter(username=pair[1]).exists()


@pytest.mark.parametrize("name", ["c0c0", "Сосо", "COC0"])
def test_rename_to_a_look_alike_of_the_own_name_succeeds(name, member):
    user = member("coco")
    user.username = name
    user.save()

    assert User.objects.get().username == name


def test_saving_a_look_alike_of_an_import_without_a_new_name_succeeds(member):
    member("coco")
    [imported] = User.objects.bulk_create([User(username="сосо")])
    for fields in (None, ["username"], ["is_active"], ["email"]):
        imported.save(update_fields=fields)
