"""A cached page is answered before the rest of Django, and keeps every promise of a full response."""

import re
from collections import Counter

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from accounts import sessions
from accounts.models import Session, User
from caching import generations, read_counts
from caching.generations import invalidate_users
from chats import stored_pages
from chats.stored_pages import StoredPagesMiddleware

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ["/chats/", "/chats/unread/", "/chats/threads/", "/chats/notifications/"]
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')


@pytest.fixture
def hit(browser_of, count_queries):
    """Return a function that requests a page until it is answered without a query, and returns the client."""

    def load(user, page="/chats/"):
        client = browser_of(user)
        client.get("/chats/new/")  # Sets the CSRF cookie.
        client.get(page)
        assert count_queries(client.get, page) == 0
        return client

    return load


@pytest.mark.parametrize("page", PAGES)
def test_stored_page_costs_no_query_and_equals_a_full_response(hit, browser_of, message, bob, page):
    client = hit(bob, page)
    stored = client.get(page)
    other = browser_of(bob)
    other.cookies["csrftoken"] = client.cookies["csrftoken"].value
    full = other.get(page)

    assert stored.headers["X-Cache"] == "hit"
    assert TOKEN.sub(b"", stored.content) == TOKEN.sub(b"", full.content)
    assert dict(stored.headers) == dict(full.headers) | {"X-Cache": "hit"}
    assert stored.cookies.keys() <= full.cookies.keys()


def test_page_that_is_made_again_reads_each_value_once(hit, message, bob):
    client = hit(bob, "/chats/unread/")
    before = Counter(read_counts.counts())
    response = client.get("/chats/unread/?again")
    read = Counter(read_counts.counts()) - before

    assert "X-Cache" not in response.headers
    families = Counter({(family, result): number for (family, _, result), number in read.items()})
    assert families == {
        ("generation", "hit"): 2, ("session", "hit"): 1, ("page", "miss"): 1, ("badges", "hit"): 1,
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_stored_page_that_the_browser_has_is_304(hit, message, bob, page, count_queries):
    client = hit(bob, page)
    tag = client.get(page).headers["ETag"]
    client.defaults["HTTP_IF_NONE_MATCH"] = tag
    response = client.get(page)

    assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", tag)
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("page", [*PAGES, "/chats/state/"])
def test_process_that_has_only_answered_304_answers_from_the_cache(
    hit, browser_of, message, bob, page, count_queries
):
    client = hit(bob, page)
    other = Client(
        headers={"If-None-Match": client.get(page).headers["ETag"]}
    )  # With a middleware of its own.
    other.cookies = client.cookies
    assert other.get(page).status_code == 304

    assert count_queries(other.get, page) == 0
    stored = other.get(page, headers={"If-None-Match": ""})
    assert dict(stored.headers) == dict(client.get(page).headers)


ENDS = {
    "deactivation": lambda user, client: _save(user, is_active=False),
    "new password": lambda user, client: _new_password(user),
    "erasure": lambda user, client: User.objects.get(pk=user.pk).delete(),
    "log-out": lambda user, client: client.post("/accounts/logout/"),
    "deletion of the session": lambda user, client: sessions.SessionStore(
        client.cookies["sessionid"].value
    ).delete(),
    "end of all sessions": lambda user, client: Session.end("user_id = %s", [user.pk], "default"),
    "deactivation in bulk": lambda user, client: User.objects.filter(pk=user.pk).update(is_active=False),
    "new password by `update`": lambda user, client: User.objects.filter(pk=user.pk).update(password="!2"),
    "new password in bulk": lambda user, client: User.objects.bulk_update(
        [User(pk=user.pk, password="!2")], ["password"]
    ),
}


def _save(user, **fields):
    stored = User.objects.in_bulk([user.pk])[user.pk]
    for name, value in fields.items():
        setattr(stored, name, value)
    stored.save()


def _new_password(user):
    stored = User.objects.get(pk=user.pk)
    stored.set_password("another-long-enough-1")
    stored.save()


@pytest.mark.parametrize("end", ENDS)
def test_access_ends_at_once(hit, message, bob, end):
    client = hit(bob)
    session = client.cookies["sessionid"].value
    ENDS[end](bob, client)
    client.cookies["sessionid"] = session

    assert client.get("/chats/").status_code == 302


def test_expired_session_gets_no_stored_page(hit, message, bob, monkeypatch):
    client = hit(bob)
    monkeypatch.setattr(sessions.time, "time", lambda now=sessions.time.time: now() + 15 * 24 * 60 * 60)

    assert client.get("/chats/").status_code == 302


def test_renamed_member_and_new_staff_get_another_page(hit, message, bob):
    client = hit(bob)
    _save(bob, username="robert")
    assert "<bdi>robert</bdi></p>" in client.get("/chats/").content.decode()
    _save(bob, is_staff=True)
    assert ["X-Query-Count" in client.get("/chats/").headers for _ in range(3)] == [True] * 3


def test_new_staff_by_update_get_another_page(hit, message, bob):
    client = hit(bob)
    User.objects.filter(pk=bob.pk).update(is_staff=True)

    assert ["X-Query-Count" in client.get("/chats/").headers for _ in range(3)] == [True] * 3


def test_flash_message_is_shown_although_the_page_is_stored(hit, message, bob, rf):
    client = hit(bob)
    storage, response = CookieStorage(rf.get("/")), HttpResponse()
    storage.add(constants.INFO, "Saved")
    storage.update(response)
    client.cookies["messages"] = response.cookies["messages"].value

    assert b"Saved" in client.get("/chats/").content


def test_session_of_another_member_gets_its_own_page(hit, browser_of, message, alice, bob):
    """In one browser, whose middleware has seen both sessions."""
    client = hit(bob)
    session = client.cookies["sessionid"].value
    client.cookies["sessionid"] = browser_of(alice).cookies["sessionid"].value
    for _ in range(3):
        assert b"<bdi>alice</bdi></p>" in client.get("/chats/").content
    client.cookies["sessionid"] = session
    for _ in range(3):
        assert b"<bdi>bob</bdi></p>" in client.get("/chats/").content


def test_session_that_must_be_renewed_is_left_to_django(hit, message, bob, monkeypatch):
    client = hit(bob)
    monkeypatch.setattr(sessions.time, "time", lambda now=sessions.time.time: now() + 2 * 24 * 60 * 60)

    assert "sessionid" in client.get("/chats/").cookies


def test_switch_turns_stored_pages_off(hit, message, bob, settings, count_queries):
    client = hit(bob)
    settings.CACHE_PAGES = False

    assert count_queries(client.get, "/chats/") > 0


def test_unknown_host_is_refused(hit, message, bob):
    client = hit(bob)

    assert client.get("/chats/", headers={"Host": "elsewhere.example"}).status_code == 400


@pytest.mark.parametrize("cookie", ["", "yes"])
def test_query_that_cannot_be_read_gets_the_error_page(hit, message, bob, cookie):
    client = hit(bob)
    client.cookies["script"] = cookie
    response = client.get("/chats/with/alice/?" + "&a" * 1500)

    assert response.status_code == 400
    assert "Content-Security-Policy" in response.headers


ODD = [5, "text", [1, 2], ["a"] * 7, {"a": 1}, {"data": {"a": 1}, "started_at": "x", "expires_at": "y"}]


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("family", ["page", "session", "generation", "badges"])
def test_value_of_another_shape_is_not_used(hit, message, bob, family, value):
    client = hit(bob)
    keys = cache.keys(f"{family}:*")
    assert keys
    cache.set_many(dict.fromkeys(keys, value))

    for page in ("/chats/", "/chats/new/"):
        assert b"<bdi>bob</bdi></p>" in client.get(page).content


@pytest.fixture
def reads():
    """Return a function that counts the reads of a family since the start of the test, by result."""
    before = Counter(read_counts.counts())

    def since(family):
        found = Counter()
        for (name, view, result), number in (Counter(read_counts.counts()) - before).items():
            if name == family:
                found[view, result] += number
        return dict(found)

    return since


def test_page_from_before_a_change_counts_as_a_miss(browser_of, message, bob, reads):
    """The first request of a session, a hit, the first one after a change, and that of another session."""
    client = browser_of(bob)
    client.get("/chats/")
    client.get("/chats/")
    invalidate_users([bob.pk])
    client.get("/chats/")
    invalidate_users([bob.pk])
    browser_of(bob).get("/chats/")

    assert reads("page") == {("chats:inbox", "miss"): 3, ("chats:inbox", "hit"): 1}
    assert reads("badges") == {("chats:inbox", "miss"): 3, ("chats:inbox", "hit"): 1}


def test_too_many_requests_are_refused(hit, message, bob, settings):
    client = hit(bob)
    settings.MEMBER_LIMITS = settings.MEMBER_LIMITS | {"reads": 5}

    assert 429 in [client.get("/chats/").status_code for _ in range(8)]


def test_anonymous_visitor_with_a_learned_address_is_redirected(hit, message, bob):
    hit(bob)

    assert Client().get("/chats/").status_code == 302


# --- Mutations: the tests above detect each of these faults ---------------------------------------
@pytest.fixture
def poisoned(monkeypatch, alice):
    """Make the middleware take every session for one of alice."""
    learn = StoredPagesMiddleware.learn

    def learn_wrongly(self, request, match, response):
        learn(self, request, match, response)
        self.users.update(dict.fromkeys(self.users, alice.pk))

    monkeypatch.setattr(StoredPagesMiddleware, "learn", learn_wrongly)


def test_user_that_is_remembered_wrongly_gets_no_page_of_another(poisoned, browser_of, message, alice, bob):
    for user in (alice, bob, alice, bob):
        assert f"<bdi>{user}</bdi></p>" in browser_of(user).get("/chats/").content.decode()
        client = browser_of(user)
        assert [f"<bdi>{user}</bdi></p>" in client.get("/chats/").content.decode() for _ in range(3)] == [
            True
        ] * 3


def test_session_that_is_not_compared_is_detected(poisoned, browser_of, message, alice, bob, monkeypatch):
    monkeypatch.setattr(stored_pages, "_is_owner", lambda *args: True)
    browser_of(alice).get("/chats/")
    client = browser_of(bob)
    client.get("/chats/")

    assert b"<bdi>alice</bdi></p>" in client.get("/chats/").content


@pytest.mark.parametrize("end", ["deactivation", "erasure", "new password"])
def test_end_of_access_that_redis_does_not_learn_is_detected(hit, message, bob, monkeypatch, end):
    """The middleware reads the values of Redis from before."""
    client = hit(bob)
    read = []

    def read_once(*args):
        read.append(generations.read_with_generation(*args) if not read else read[0])
        return read[0]

    monkeypatch.setattr(stored_pages, "read_with_generation", read_once)
    client.get("/chats/")
    ENDS[end](bob, client)

    assert client.get("/chats/").status_code == 200
