"""Password hashing uses bounded memory, and costs the same for every name."""

import threading
import time

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher as DjangosHasher
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client

from accounts import hashers
from accounts.models import User
from caching import memory

PASSWORD = "a-long-enough-1"


@pytest.fixture(autouse=True)
def cheap_hashes():
    """These tests are about the real figures."""


def old_hash(password=PASSWORD):
    return DjangosHasher().encode(password, "a-salt-of-twenty-two-ch")


@pytest.fixture
def used(monkeypatch):
    """Return a list of the memory in use, in MiB, at the start of each hash."""
    shared = memory.Memory(memory.SHARED_MIB, memory.WAIT_SECONDS)
    monkeypatch.setattr(memory, "shared", shared)
    seen, lock, enough = [], threading.Lock(), []

    def watch(call):
        def recorded(*args):
            with lock:
                enough.append(1)
                seen.append(shared.most - shared._free)
            try:
                return call(*args)
            finally:
                with lock:
                    enough.pop()

        return recorded

    for name in ("encode", "verify"):
        monkeypatch.setattr(DjangosHasher, name, watch(getattr(DjangosHasher, name)))
    return seen


def at_once(calls):
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_hash_has_the_figures_of_owasp():
    assert make_password(PASSWORD).startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_sixteen_hashes_at_once_stay_within_the_bound(used):
    at_once([lambda: make_password(PASSWORD)] * 16)

    assert len(used) == 16
    assert max(used) <= memory.SHARED_MIB


def test_old_hashes_at_once_are_verified_one_after_the_other(used):
    encoded = old_hash()
    used.clear()
    results = []
    at_once([lambda: results.append(check_password(PASSWORD, encoded))] * 4)

    assert results == [True] * 4
    assert set(used) == {100}


def test_old_hash_is_replaced_at_the_log_in(member):
    member("anna")
    User.objects.update(password=old_hash())
    answer = Client().post("/accounts/login/", {"username": "anna", "password": PASSWORD})

    assert answer.status_code == 302
    assert "$m=19456,t=2,p=1$" in User.objects.get().password


def test_log_in_while_hashing_is_busy_is_answered_with_503(member, monkeypatch):
    member("anna")
    shared = memory.Memory(memory.SHARED_MIB, 0.01)
    monkeypatch.setattr(memory, "shared", shared)
    with shared.taken(memory.SHARED_MIB):
        answer = Client().post("/accounts/login/", {"username": "anna", "password": PASSWORD})
        admin = Client().post("/admin/login/", {"username": "anna", "password": PASSWORD})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "nothing was changed" in answer.content.decode()
    assert admin.status_code == 503


NEW = {"new_password1": "another-long-one-2", "new_password2": "another-long-one-2"}
SIGN_UP = {"username": "dora", "password1": "another-long-one-2"}
ADDED = {"password2": "another-long-one-2", "usable_password": "true"}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/accounts/signup/", SIGN_UP),
        ("/accounts/password/", {"old_password": PASSWORD} | NEW),
        ("/accounts/delete/", {"password": PASSWORD}),
        ("/admin/accounts/user/add/", SIGN_UP | ADDED),
        (
            "/admin/accounts/user/{}/password/",
            {"usable_password": "true"} | dict(zip(("password1", "password2"), NEW.values(), strict=True)),
        ),
    ],
)
def test_page_that_hashes_while_hashing_is_busy_changes_nothing(member, browser_of, monkeypatch, path, form):
    anna = member("anna", is_staff=True, is_superuser=True)
    User.objects.update(password=make_password(PASSWORD))
    browser = Client() if "signup" in path else browser_of(User.objects.get())
    shared = memory.Memory(memory.SHARED_MIB, 0.01)
    monkeypatch.setattr(memory, "shared", shared)
    with shared.taken(memory.SHARED_MIB):
        answer = browser.post(path.format(anna.pk), form)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert check_password(PASSWORD, User.objects.get().password)


def test_memory_is_free_again_after_an_error():
    ten = memory.Memory(10, 0.01)
    with pytest.raises(ValueError, match="x"), ten.taken(50):
        raise ValueError("x")
    with ten.taken(10), pytest.raises(memory.NoMemoryError), ten.taken(1):
        time.sleep(0)
    with ten.taken(10):
        assert ten._free == 0


@pytest.mark.parametrize("encoded", ["argon2$", "argon2$x$y", "argon2$argon2id$v=19$m=a,t=2,p=1$c2$aGFz"])
def test_damaged_hash_has_no_cost(encoded):
    assert hashers._cost_of(encoded) == 0


@pytest.mark.parametrize("name", ["anna", "nobody", "left"])
def test_each_name_costs_one_hash_of_the_same_figures(member, used, name):
    member("anna")
    member("left", is_active=False)
    User.objects.update(password=make_password(PASSWORD))
    used.clear()
    Client().post("/accounts/login/", {"username": name, "password": "wrong"})

    assert used == [19]
