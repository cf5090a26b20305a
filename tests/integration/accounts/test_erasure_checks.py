"""System checks of the phases of an erasure, and of the tables that lead to a user."""

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import models
from django.test.utils import isolate_apps

from accounts import erasure_checks, erasure_phases
from accounts.models import User
from messaging.erasure import erase_messages
from messaging.models import Conversation, Message
from notifications.models import Notification


def test_phases_have_one_function_each():
    assert erasure_checks.check_phases(None) == []
    assert tuple(erasure_phases.registered()) == erasure_phases.PHASES


@pytest.mark.parametrize("phase", ["attachments", "messages"])
def test_function_of_an_unknown_phase_and_a_second_function_are_refused(phase):
    before = erasure_phases.registered()
    with pytest.raises(ValueError, match=f"“{phase}”"):
        erasure_phases.erasure_phase(phase)(print)

    assert erasure_phases.registered() == before


def test_function_that_is_imported_twice_stays_registered():
    erasure_phases.erasure_phase("messages")(erase_messages)

    assert erasure_phases.registered()["messages"] == "messaging.erasure.erase_messages"


def test_check_of_a_phase_without_a_function_fails(monkeypatch):
    monkeypatch.delitem(erasure_phases._functions, "messages")

    [error] = erasure_checks.check_phases(None)
    assert error.id == "accounts.E002"
    assert "“messages”" in error.msg


@isolate_apps("messaging")
def planted(on_delete, to):
    class Bookmark(models.Model):  # noqa: DJ008
        of = models.ForeignKey(to, on_delete, related_name="+")

        class Meta:
            app_label = "messaging"

    class Note(models.Model):  # noqa: DJ008
        bookmark = models.ForeignKey(Bookmark, models.CASCADE, related_name="+")

        class Meta:
            app_label = "messaging"

    return Bookmark, Note


def test_check_of_the_tables_of_bobbin_finds_no_error():
    assert erasure_checks.check_tables(None) == []


@pytest.mark.parametrize("to", [User, Message, Conversation, Notification])
def test_check_of_a_table_that_no_phase_erases_says_what_to_add(to):
    errors = erasure_checks.errors_of([*apps.get_models(), *planted(models.DO_NOTHING, to)])

    assert [(error.id, str(error.obj)) for error in errors] == [
        ("accounts.E003", "messaging.Bookmark.of"), ("accounts.E003", "messaging.Note.bookmark"),
    ]  # fmt: skip
    assert "@erasure_phase(…, Bookmark)" in errors[0].hint
    assert "RULES in tests/integration/accounts/test_erasure_rules.py" in errors[0].hint


def test_check_of_a_cascade_to_a_user_fails_even_with_a_phase(monkeypatch):
    monkeypatch.setattr(erasure_phases, "_models", {"messaging.Bookmark", "messaging.Note"})

    [error] = erasure_checks.errors_of(planted(models.CASCADE, User))
    assert (error.id, str(error.obj)) == ("accounts.E004", "messaging.Bookmark.of")


def test_restore_script_names_the_tables_that_lead_to_a_user_through_others():
    """The script finds the keys to users by itself. Other tables must be named, or the restore fails."""
    script = (settings.BASE_DIR.parents[1] / "deploy/postgres/erase.sql").read_text()
    keys = erasure_checks.keys_to_users(apps.get_models(include_auto_created=True))
    tables = {key.model._meta.db_table for key in keys if key.related_model is not User}

    missing = {table for table in tables if f"DELETE FROM {table} " not in script}
    assert not missing, f"delete the rows in deploy/postgres/erase.sql too: {missing}"


def test_migrate_refuses_to_start_without_a_phase(db, monkeypatch):
    """gunicorn runs no system checks, but every way to start Bobbin runs `migrate` first."""
    monkeypatch.delitem(erasure_phases._functions, "messages")

    with pytest.raises(SystemCheckError, match=r"accounts\.E002"):
        call_command("migrate", skip_checks=False, verbosity=0)
