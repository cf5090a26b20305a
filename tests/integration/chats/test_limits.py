"""Limits on the requests of one user per minute.

The limits count by user, independently of the session cookies.
"""

import pytest
from django.test import Client

from caching import rate_limits as limits
from caching.backend import RedisCache
from config import settings as settings_file
from messaging.models import Message


@pytest.fixture(autouse=True)
def _empty(monkeypatch):
    monkeypatch.setattr(limits, "local", limits.LocalWindows())
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_030.0)


@pytest.fixture
def allow(settings):
    def set_limit(kind, most):
        settings.MEMBER_LIMITS = settings.MEMBER_LIMITS | {kind: most}

    return set_limit


def uses(message):
    """Return a function for each kind of request."""
    edit = f"/chats/message/{message.pk}/edit/"
    return {
        "reads": lambda browser: browser.get("/chats/"),
        "searches": lambda browser: browser.get("/chats/search/?q=good"),
        "suggestions": lambda browser: browser.get("/chats/people/?to=b"),
        "sends": lambda browser: browser.post("/chats/new/", {"to": "bob", "content": "kept <text>"}),
        "edits": lambda browser: browser.post(edit, {"content": "kept <text>"}),
        "changes": lambda browser: browser.post("/chats/notifications/read/"),
    }


KINDS = ["reads", "searches", "suggestions", "sends", "edits", "changes"]


@pytest.mark.parametrize("kind", KINDS)
def test_member_over_a_limit_gets_429_and_others_do_not(alice, message, bob, browser_of, allow, kind):
    allow(kind, 3)
    use = uses(message)[kind]
    browsers = [browser_of(alice) for _ in range(3)]
    answers = [use(browsers[number % 3]) for number in range(5)]

    assert [answer.status_code == 429 for answer in answers] == [False, False, False, True, True]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 90
    assert "Too many requests" in answers[-1].content.decode()
    assert use(browser_of(bob)).status_code != 429


def test_empty_conversation_counts_as_a_suggestion_and_another_as_a_read(
    alice, message, charlie, browser_of, allow
):
    allow("suggestions", 3)
    browser = browser_of(alice)
    pages = ["/chats/with/charlie/", "/chats/with/nobody/", "/chats/find/?q=b", "/chats/with/charlie/"]
    assert [browser.get(page).status_code for page in pages] == [200, 404, 200, 429]

    assert browser.get("/chats/with/nobody/").status_code == 429
    assert browser.get("/chats/with/bob/", follow=True).status_code == 200


def test_finder_over_the_limit_of_searches_finds_only_people(alice, message, browser_of, allow):
    allow("searches", 2)
    browser = browser_of(alice)
    texts = ("zzz", "good", "goo", "good")
    pages = [browser.get(f"/chats/find/?q={text}").content.decode() for text in texts]

    assert ["finder-m" in page for page in pages] == [False, True, False, False]
    assert browser.get("/chats/search/?q=good").status_code == 200


@pytest.mark.parametrize("kind", ["sends", "edits"])
def test_text_over_the_limit_is_shown_again(alice, message, browser_of, allow, kind):
    allow(kind, 1)
    browser = browser_of(alice)
    answers = [uses(message)[kind](browser) for _ in range(2)]

    assert "kept &lt;text&gt;</textarea>" in answers[1].content.decode()
    assert Message.objects.count() <= 2


def test_made_up_session_before_the_real_one_gives_no_new_limit(alice, bob, browser_of, allow):
    allow("sends", 3)
    real = browser_of(alice).cookies["sessionid"].value

    def send(number):
        header = f"sessionid={number:032x}; sessionid={real}"
        client = Client(HTTP_COOKIE=header)
        client.cookies.clear()
        return client.post("/chats/new/", {"to": "bob", "content": "hi"}, headers={"cookie": header})

    assert [send(number).status_code for number in range(5)][3:] == [429, 429]


def test_send_and_mark_unread_have_separate_limits(bob, message, browser_of, allow):
    allow("sends", 1)
    allow("changes", 2)
    browser = browser_of(bob)
    assert [browser.post("/chats/new/", {"to": "alice"}).status_code for _ in range(2)] == [422, 429]
    address = f"/chats/message/{message.pk}/unread/"
    assert [browser.post(address).status_code for _ in range(3)] == [302, 302, 429]


def test_visitors_and_log_outs_are_not_limited_per_member(alice, browser_of, allow, db):
    for kind in KINDS:
        allow(kind, 1)
    browser = browser_of(alice)
    browser.get("/chats/")
    assert browser.get("/chats/").status_code == 429
    assert browser.post("/accounts/logout/").status_code == 200
    assert [Client().get("/accounts/login/").status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_each_process_limits_alone_without_redis(alice, message, bob, browser_of, allow, monkeypatch, kind):
    allow(kind, 2)
    browsers = [browser_of(alice), browser_of(alice)]
    monkeypatch.setattr(RedisCache, "_call", lambda *args, **kwargs: (None, "error"))
    use = uses(message)[kind]
    assert [use(browsers[number % 2]).status_code == 429 for number in range(4)] == [False, False, True, True]

    monkeypatch.setattr(limits, "local", limits.LocalWindows())  # This is the state of another process.
    assert use(browsers[0]).status_code != 429
    assert use(browser_of(bob)).status_code != 429


@pytest.mark.parametrize("name", sorted(settings_file.MEMBER_LIMITS))
def test_each_kind_has_a_limit_by_default(name):
    assert 0 < settings_file.MEMBER_LIMITS[name] <= 1_200


def test_limit_is_shared_between_processes_by_one_round_trip(alice, bob, browser_of, allow, monkeypatch):
    allow("sends", 2)
    browser = browser_of(alice)
    answers = []
    for _ in range(3):
        monkeypatch.setattr(limits, "local", limits.LocalWindows())  # This is the state of another process.
        answers.append(browser.post("/chats/new/", {"to": "bob", "content": "hi"}).status_code)

    assert answers == [302, 302, 429]


def test_first_tenth_of_a_limit_is_counted_without_redis_and_then_shared(
    alice, bob, browser_of, allow, monkeypatch
):
    allow("sends", 30)
    requested = []
    count = RedisCache.count_in_windows
    monkeypatch.setattr(
        RedisCache, "count_in_windows", lambda *args: requested.append(args[4]) or count(*args)
    )
    browser = browser_of(alice)
    send = {"to": "bob", "content": "hi"}
    accepted = []
    for _ in range(2):
        monkeypatch.setattr(limits, "local", limits.LocalWindows())  # This is the state of another process.
        accepted.append([browser.post("/chats/new/", send).status_code for _ in range(20)].count(302))

    # The process counts the first three alone. At the fourth it adds all four to the count in Redis. It
    # subtracts each refused use again.
    assert accepted == [20, 10]
    assert requested == [4] + [1] * 16 + [4] + [1] * 6 + [1, -1] * 10


def test_limit_costs_no_query(alice, browser_of, allow, django_assert_num_queries):
    browser = browser_of(alice)
    browser.get("/chats/")
    for kind in KINDS:
        allow(kind, 100)
    with django_assert_num_queries(0):
        browser.get("/chats/")


@pytest.mark.parametrize("shared", [True, False])
def test_refused_requests_do_not_prolong_the_limit_and_retry_after_is_correct(db, shared):
    now = 1_800_000_000.0
    for second in range(10):
        assert limits.seconds_to_wait("k", 10, shared=shared, now=now + second) == 0
    waits = [limits.seconds_to_wait("k", 10, shared=shared, now=now + 10) for _ in range(50)]

    assert len(set(waits)) == 1
    assert limits.seconds_to_wait("k", 10, shared=shared, now=now + 10 + waits[0] - 2) > 0
    assert limits.seconds_to_wait("k", 10, shared=shared, now=now + 10 + waits[0]) == 0


def test_local_counts_are_bounded(monkeypatch):
    monkeypatch.setattr(limits, "MOST_KEYS", 5)
    for number in range(50):
        limits.local.add(f"k{number}", 1)

    assert len(limits.local._windows) == 5
