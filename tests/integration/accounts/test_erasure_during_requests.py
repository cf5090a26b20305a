"""Requests that change an account while another request erases it. The account never comes back."""

import threading
from contextlib import contextmanager

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import connection
from django.test import Client

from accounts.models import Erasure, Session, User
from accounts.sessions import SessionStore

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a-long-enough-1"


@contextmanager
def erased_before(user, *words):
    """Erase `user` in another transaction just before the first statement that contains these words."""
    threads = []

    def erase():
        User.objects.get(pk=user.pk).delete()
        connection.close()

    def run(execute, sql, params, many, context):
        if not threads and all(word in sql for word in words):
            threads.append(threading.Thread(target=erase))
            threads[0].start()
            threads[0].join()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        yield
    assert threads, "no statement contained the words"


@pytest.fixture
def bob(member):
    user = member("bob")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def staff(browser_of, member):
    return browser_of(member("root", is_staff=True, is_superuser=True))


def is_erased(user) -> bool:
    is_recorded = Erasure.objects.filter(user_id=user.pk).exists()
    has_rows = User.objects.filter(pk=user.pk).exists() or Session.objects.filter(user_id=user.pk).exists()
    return is_recorded and not has_rows


def log_in(client):
    return client.post("/accounts/login/", {"username": "bob", "password": PASSWORD})


def test_log_in_during_an_erasure_fails_like_one_without_an_account(bob):
    client = Client()
    with erased_before(bob, "UPDATE", '"last_login"'):
        response = log_in(client)

    assert response.status_code == 200
    assert "Wrong name or password" in response.content.decode()
    assert client.get("/chats/").status_code == 302
    assert is_erased(bob)


def test_log_in_with_an_old_hash_during_an_erasure_fails(bob):
    User.objects.filter(pk=bob.pk).update(
        password=PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)
    )
    with erased_before(bob, "UPDATE", '"password"'):
        response = log_in(Client())

    assert "Wrong name or password" in response.content.decode()
    assert is_erased(bob)


def test_session_that_begins_just_after_an_erasure_is_interrupted(bob):
    client = Client()
    with erased_before(bob, "UPDATE", '"accounts_session"'):
        response = log_in(client)

    assert response.status_code == 400
    assert client.get("/chats/").status_code == 302
    assert is_erased(bob)


@pytest.mark.parametrize("change", ["cycle_key", "create", "save"])
def test_session_of_an_erased_user_is_not_saved(bob, change):
    store = SessionStore()
    store[SESSION_KEY] = str(bob.pk)
    User.objects.get(pk=bob.pk).delete()
    with pytest.raises(SessionInterrupted):
        getattr(store, change)()

    assert is_erased(bob)


def test_change_of_password_during_an_erasure_leads_to_the_log_in(bob, browser_of):
    client = browser_of(bob)
    form = {"old_password": PASSWORD, "new_password1": "another-long-1", "new_password2": "another-long-1"}
    with erased_before(bob, "UPDATE", '"password"'):
        response = client.post("/accounts/password/", form)

    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/")
    assert "is changed" not in client.get("/accounts/login/").content.decode()
    assert is_erased(bob)


def test_change_in_the_administration_during_an_erasure_does_not_restore_the_account(bob, staff):
    form = {"username": "robert", "email": "", "is_active": "on"}
    with erased_before(bob, "FOR NO KEY UPDATE"):
        response = staff.post(f"/admin/accounts/user/{bob.pk}/change/", form)

    assert response.status_code == 404
    assert is_erased(bob)


def test_password_from_the_administration_during_an_erasure_does_not_restore_the_account(bob, staff):
    form = {"password1": "another-long-1", "password2": "another-long-1", "usable_password": "true"}
    with erased_before(bob, "FOR NO KEY UPDATE"):
        response = staff.post(f"/admin/accounts/user/{bob.pk}/password/", form)

    assert response.status_code == 404
    assert is_erased(bob)


@pytest.mark.parametrize("options", [{}, {"update_fields": ["email"]}, {"update_fields": ["username"]}])
def test_copy_that_is_saved_after_the_erasure_is_refused(bob, options):
    stale = User.objects.get(pk=bob.pk)
    bob.delete()
    with pytest.raises(User.DoesNotExist):
        stale.save(**options)

    assert is_erased(stale)
