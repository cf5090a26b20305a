"""The tests of names and search, with their inputs, on every supported locale of a database."""

import importlib.util
from pathlib import Path

import pytest
from django.db import transaction
from zeal import zeal_context

from messaging.search import parse, search
from tests.support.databases import ACCEPTED, database_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("locale"), pytest.mark.xdist_group("locale")]


def _tests_of(path: str):
    spec = importlib.util.spec_from_file_location(Path(path).stem, Path(__file__).parents[1] / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


names, searches = _tests_of("accounts/test_names.py"), _tests_of("chats/test_search.py")
administration = _tests_of("chats/test_admin_names.py")
rules = _tests_of("messaging/test_database_rules.py")
NOT_FOUND = searches.test_a_text_that_has_only_the_letters_is_not_found.pytestmark[0].args[1]


@pytest.fixture(scope="module", params=ACCEPTED)
def locale(request, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), database_of(ACCEPTED[request.param], filled=True):
        yield


@pytest.fixture
def found(alice):
    """Return a function that returns the ids of the messages that alice finds."""
    return lambda query: [hit.id for hit in search(alice.pk, parse(query, "alice"), 5).rows]


def test_a_member_in_any_spelling_is_one_member(member, alice, write, browser_of):
    for name, typed in names.SPELLINGS:
        with zeal_context(), transaction.atomic():
            names.test_a_member_in_any_spelling_is_one_member(member, alice, write, browser_of, name, typed)
            transaction.set_rollback(True)


@pytest.mark.parametrize(("name", "typed"), names.SPELLINGS[3:5])
def test_a_log_in_by_any_spelling_finds_the_account(member, name, typed):
    names.test_a_log_in_by_any_spelling_finds_the_account(member, name, typed)


def test_parts_of_a_text_are_found(found, write, alice, bob):
    for text, queries in searches.PARTS.items():
        with zeal_context(), transaction.atomic():
            wanted = [write(bob, alice, text).pk]
            assert {query: found(query) for query in queries} == dict.fromkeys(queries, wanted)
            transaction.set_rollback(True)


def test_a_text_that_has_only_the_letters_is_not_found(found, write, alice, bob):
    for query, text in NOT_FOUND:
        with zeal_context(), transaction.atomic():
            write(alice, bob, text)
            assert found(query) == []
            transaction.set_rollback(True)


def test_signs_without_a_word_find_nothing(found, write, alice, bob):
    write(alice, bob, "loom")

    assert [query for query in searches.SIGNS if found(query)] == []


def test_the_rule_of_the_table_on_texts_is_the_same(db):
    rules.test_the_rule_of_the_table_and_the_rule_of_the_service_agree_on_every_character(db)


def test_postgresql_and_python_read_letters_alike(db):
    searches.test_postgresql_and_python_read_letters_alike(db)


def test_the_administration_finds_a_member_by_any_spelling(admin_client, member, bob, write):
    for name, typed in administration.SPELLINGS[::3]:
        with zeal_context(), transaction.atomic():
            administration.test_the_administration_finds_a_member_by_any_spelling(
                admin_client, member, bob, write, name, typed
            )
            transaction.set_rollback(True)
