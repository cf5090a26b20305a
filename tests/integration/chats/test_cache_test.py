"""The cache test page: a miss, a hit, a change, and a miss again, each member for themselves."""

import re

import pytest
from django.core.cache import cache

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/chats/cache-test/"


def _look(client):
    response = client.get(PAGE)
    page = response.content.decode()
    results = re.findall(r'data-result="(\w+)"', page)
    number = int(re.search(r'data-number="(\d+)"', page)[1])
    return results[1:], number, re.search(r"<code data-epoch>([^<]+)<", page)[1], page


def test_a_miss_then_hits_until_something_changes(browser_of, alice):
    client = browser_of(alice)
    results, number, epoch, page = _look(client)
    assert (results, number) == (["miss", "hit"], 0)
    assert "no change yet" in page
    assert _look(client)[:3] == (["hit", "hit"], 0, epoch)

    assert client.post(PAGE).url == PAGE
    results, number, new, page = _look(client)
    assert (results, number) == (["miss", "hit"], 1)
    assert new != epoch
    assert epoch in page


def test_the_number_is_ones_own(browser_of, alice, bob):
    for _ in range(2):
        browser_of(alice).post(PAGE)
    _look(browser_of(alice))

    assert _look(browser_of(bob))[:2] == (["miss", "hit"], 0)


def test_it_says_how_long_and_how_often(browser_of, alice):
    page = _look(browser_of(alice))[3]

    assert re.search(r"\b(59|60) s\b", page)
    assert re.search(r'<th scope="row">test</th>\s*<td class="number">\d+</td>', page)
    assert re.search(r"\d+\.\d\d ms", page)


def test_without_redis_it_says_so(browser_of, alice, settings):
    client = browser_of(alice)
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    results, number, epoch, page = _look(client)

    assert (results, number, epoch) == (["bypass", "bypass"], 0, "none")
    assert "The cache cannot be used at the moment" in page
    assert "not at all" in page


def test_it_is_cached_by_nobody_and_its_form_needs_its_token(browser_of, alice):
    client = browser_of(alice)
    assert "no-store" in client.get(PAGE).headers["Cache-Control"]
    assert not cache.keys("page:*")

    client.handler.enforce_csrf_checks = True
    assert client.post(PAGE).status_code == 403


def test_its_budget_is_what_it_needs(browser_of, alice, count_queries):
    client = browser_of(alice)
    _look(client)

    assert count_queries(client.get, PAGE) == 1
    assert count_queries(client.post, PAGE) <= 4
