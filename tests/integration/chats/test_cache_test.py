"""The cache test page shows a miss, a hit and, after a change, a miss again, separately for each user."""

import re

import pytest
from django.core.cache import cache

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/chats/cache-test/"


def _load(client):
    response = client.get(PAGE)
    page = response.content.decode()
    results = re.findall(r'data-result="(\w+)"', page)
    number = int(re.search(r'data-number="(\d+)"', page)[1])
    return results[1:], number, re.search(r"<code data-generation>([^<]+)<", page)[1], page


def test_second_request_is_a_hit_until_a_change(browser_of, alice):
    client = browser_of(alice)
    results, number, generation, page = _load(client)
    assert (results, number) == (["miss", "hit"], 0)
    assert "no change yet" in page
    assert _load(client)[:3] == (["hit", "hit"], 0, generation)

    assert client.post(PAGE).url == PAGE
    results, number, new, page = _load(client)
    assert (results, number) == (["miss", "hit"], 1)
    assert new != generation
    assert generation in page


def test_number_of_changes_is_counted_per_member(browser_of, alice, bob):
    for _ in range(2):
        browser_of(alice).post(PAGE)
    _load(browser_of(alice))

    assert _load(browser_of(bob))[:2] == (["miss", "hit"], 0)


def test_page_shows_the_ttl_and_the_counts(browser_of, alice):
    page = _load(browser_of(alice))[3]

    assert re.search(r"\b(59|60) s\b", page)
    assert re.search(r'<th scope="row">test</th>\s*<td class="number">\d+</td>', page)
    assert re.search(r"\d+\.\d\d ms", page)


def test_page_without_redis_shows_bypass(browser_of, alice, settings):
    client = browser_of(alice)
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    results, number, generation, page = _load(client)

    assert (results, number, generation) == (["bypass", "bypass"], 0, "none")
    assert "The cache cannot be used right now" in page
    assert "not cached" in page


def test_page_is_not_stored_and_its_form_requires_the_token(browser_of, alice):
    client = browser_of(alice)
    assert "no-store" in client.get(PAGE).headers["Cache-Control"]
    assert not cache.keys("page:*")

    client.handler.enforce_csrf_checks = True
    assert client.post(PAGE).status_code == 403


def test_page_makes_the_queries_of_its_budget(browser_of, alice, count_queries):
    client = browser_of(alice)
    _load(client)

    assert count_queries(client.get, PAGE) == 1
    assert count_queries(client.post, PAGE) <= 4
