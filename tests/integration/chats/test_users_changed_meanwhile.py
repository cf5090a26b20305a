"""A user who changes while a page of theirs is made: the page is not given to the next request.

The request has loaded the user before the change. It reaches the cache after it.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.backends import ModelBackend
from accounts.models import User
from caching.generations import invalidate_users

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def after_loading(monkeypatch):
    """Return a function that makes a change as soon as the next request has loaded its user."""
    load = ModelBackend.get_user

    def install(change):
        def loaded(self, user_id):
            monkeypatch.setattr(ModelBackend, "get_user", load)
            user = load(self, user_id)
            with ThreadPoolExecutor(1) as other:  # With another connection.
                other.submit(_changed, change, user_id).result()
            return user

        monkeypatch.setattr(ModelBackend, "get_user", loaded)

    return install


def _changed(change, user_id):
    change(User.objects.get(pk=user_id))
    connection.close()


def _new_password(user):
    user.set_password("another-long-enough-1")
    user.save()


def _rename(user):
    user.username = "robert"
    user.save()


def _promote(user):
    user.is_staff = True
    user.save()


CHANGES = {
    "new password": (_new_password, lambda response: response.status_code == 302),
    "new name": (_rename, lambda response: b"<bdi>robert</bdi></p>" in response.content),
    "staff": (_promote, lambda response: "X-Query-Count" in response.headers),
}


@pytest.fixture(params=["unknown session", "no generation"])
def client(request, browser_of, message, bob):
    client = browser_of(bob)
    if request.param == "no generation":
        client.get("/chats/")
        invalidate_users([bob.pk])
    return client


@pytest.mark.parametrize("change", CHANGES)
def test_page_of_the_user_from_before_is_not_served(client, after_loading, change):
    make, shows = CHANGES[change]
    after_loading(make)
    client.get("/chats/")

    assert [shows(client.get("/chats/")) for _ in range(3)] == [True] * 3
