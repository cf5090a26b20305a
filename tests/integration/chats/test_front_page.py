"""The front page for visitors, the help page for everybody, and pages without data."""

import re

import pytest
from django.test import Client

OTHER_HOSTS = re.compile(r"(?:src|href|action|content)=\"(?:https?:)?//")


def test_front_page_says_what_the_site_is_and_leads_to_both_forms(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = Client().get("/")
    body = page.content.decode()

    assert page.status_code == 200
    assert "Private messages between two people" in body
    assert body.count('href="/accounts/signup/"') == body.count('href="/accounts/login/"') == 1
    assert not OTHER_HOSTS.search(body)
    assert not page.cookies


def test_front_page_while_sign_up_is_closed_leads_to_the_log_in_only(client, db, settings):
    settings.SIGN_UP_OPEN = False
    body = client.get("/").content.decode()

    assert "/accounts/signup/" not in body
    assert 'href="/accounts/login/"' in body
    assert "The operators of this site create the accounts" in body
    assert "/accounts/signup/" not in client.get("/accounts/login/").content.decode()


def test_front_page_redirects_members_to_the_inbox(browser_of, alice):
    assert browser_of(alice).get("/").url == "/chats/"


def test_front_page_is_shown_after_a_log_out(browser_of, alice):
    browser = browser_of(alice)
    browser.post("/accounts/logout/")

    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/accounts/signup/", "/nowhere/", "/help/"])
def test_every_page_of_a_visitor_links_to_the_help(client, db, address):
    assert 'href="/help/"' in client.get(address).content.decode()


@pytest.mark.parametrize("address", ["/chats/", "/chats/new/", "/accounts/", "/nowhere/", "/help/"])
def test_every_page_of_a_member_links_to_the_help(browser_of, alice, address):
    assert 'href="/help/"' in browser_of(alice).get(address).content.decode()


def test_help_explains_readers_search_keys_and_leaving(client, db):
    body = client.get("/help/").content.decode()

    for words in ("only you and the person you write", "from:bob", "<kbd>?</kbd>", "delete your account"):
        assert words in body


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("/chats/", "/chats/new/"),
        ("/chats/unread/", "/chats/"),
        ("/chats/notifications/", "/chats/new/"),
        ("/chats/search/", "/help/#search"),
    ],
)
def test_page_without_data_says_what_to_do(browser_of, alice, address, link):
    body = browser_of(alice).get(address).content.decode()
    main = body.partition("<main")[2].partition("</main>")[0]

    assert f'"{link}"' in main


@pytest.mark.django_db(transaction=True)
def test_empty_inbox_sends_a_first_message(browser_of, alice, bob):
    browser = browser_of(alice)
    made = re.search(r'name="made" value="([^"]+)"', browser.get("/chats/").content.decode())
    response = browser.post("/chats/new/", {"to": "bob", "content": "Hello", "made": made[1]})

    assert "/chats/message/" in response.url
    inbox = browser.get("/chats/").content.decode()
    assert "Hello" in inbox
    assert "Write to somebody" not in inbox


@pytest.mark.django_db(transaction=True)
def test_empty_inbox_from_the_cache_gives_each_form_another_id(browser_of, alice):
    browser = browser_of(alice)
    pages = [browser.get("/chats/") for _ in range(3)]
    ids = {re.search(r'name="client_id" value="([0-9a-f-]{36})"', page.content.decode())[1] for page in pages}

    assert pages[-1].headers["X-Cache"] == "hit"
    assert len(ids) == 3


@pytest.mark.parametrize("page", ["/chats/", "/accounts/"])
def test_member_finds_the_link_that_invites_others(browser_of, member, page):
    body = browser_of(member("zoë+1")).get(page).content.decode()

    assert 'value="http://testserver/chats/new/?to=zo%C3%AB%2B1"' in body
