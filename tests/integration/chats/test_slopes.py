"""Every page makes the same number of queries for 1, 10, 100 and 1,000 rows."""

import pytest

from observability.budgets import declared

ABOVE_ALL = 2**53  # A key above all that are there: the page after it shows everything.

# What grows, the view, and its address. bob looks.
LISTS = [
    ("people", "chats:inbox", "/chats/"),
    ("people", "chats:inbox", f"/chats/?before={ABOVE_ALL}"),
    ("people", "chats:unread", "/chats/unread/"),
    ("replies", "chats:unread", "/chats/unread/"),
    ("replies", "chats:unread", f"/chats/unread/?before={ABOVE_ALL}"),
    ("people", "chats:notifications", "/chats/notifications/"),
    ("replies", "chats:notifications", f"/chats/notifications/?before={ABOVE_ALL}"),
    ("people", "chats:new", "/chats/new/"),
    ("people", "chats:people", "/chats/people/?to=person"),
    ("replies", "chats:conversation", "/chats/with/alice/"),
    ("replies", "chats:conversation", "/chats/with/alice/?from={root}"),
    ("replies", "chats:conversation", "/chats/with/alice/?to={last}"),
    ("replies", "chats:conversation_by_id", "/chats/conversation/{conversation}/"),
    ("replies_read", "chats:conversation", "/chats/with/alice/"),
    ("threads", "chats:conversation", "/chats/with/alice/"),
    ("replies", "chats:thread", "/chats/thread/{root}/"),
    ("replies", "chats:thread", "/chats/thread/{root}/?to={last}"),
    ("replies_read", "chats:thread", "/chats/thread/{root}/"),
    ("chain", "chats:thread", "/chats/thread/{root}/"),
    ("edits", "chats:history", "/chats/message/{root}/history/"),
    ("edits", "chats:history", f"/chats/message/{{root}}/history/?before={ABOVE_ALL}"),
    ("replies", "chats:search", "/chats/search/?q=reply"),
    ("people", "chats:search", "/chats/search/?q=hello+to:me"),
    ("replies", "chats:search", f"/chats/search/?q=reply&last=9_{ABOVE_ALL}"),
]
# Pages about one thing, of which there is more and more around it.
SINGLES = [
    ("replies", "chats:message", "/chats/message/{last}/"),
    ("chain", "chats:message", "/chats/message/{last}/"),
    ("replies", "chats:reply", "/chats/message/{last}/reply/"),
    ("replies", "chats:edit", "/chats/message/{own}/edit/"),
    ("edits", "chats:thread", "/chats/thread/{root}/"),
    ("people", "accounts:account", "/accounts/"),
    ("replies", "accounts:account", "/accounts/"),
    ("people", "accounts:delete_user_account", "/accounts/delete/"),
    ("replies", "accounts:delete_user_account", "/accounts/delete/"),
    ("replies", "chats:cache_test", "/chats/cache-test/"),
    ("people", "home", "/"),
    ("people", "events", "/events/"),
    ("replies", "chats:first_unread", "/chats/thread/{root}/unread/"),
    ("replies_read", "chats:first_unread", "/chats/thread/{root}/unread/"),
    ("replies", "chats:state", "/chats/state/"),
    ("people", "chats:counterpart", "/chats/counterpart/?to=alice"),
    ("replies", "chats:counterpart", "/chats/counterpart/?conversation={conversation}"),
]
FORMS = [
    ("people", "chats:new", "/chats/new/", {"to": "alice", "content": "new"}),
    ("people", "chats:new", "/chats/new/", {"to": "perso", "content": "new"}),
    ("replies", "chats:reply", "/chats/message/{last}/reply/", {"content": "new"}),
    ("chain", "chats:reply", "/chats/message/{last}/reply/", {"content": "new"}),
    ("replies", "chats:edit", "/chats/message/{own}/edit/", {"content": "new {last}"}),
    ("edits", "chats:edit", "/chats/message/{own}/edit/", {"content": "new", "version": "of another text"}),
    ("replies", "chats:seen", "/chats/seen/", {"ids": "{root},{last}"}),
    ("replies", "chats:mark_unread", "/chats/message/{root}/unread/", {}),
    ("replies", "chats:notification_read", "/chats/notifications/{notification}/read/", {}),
    ("replies", "chats:notifications_read_all", "/chats/notifications/read/", {}),
]
# The lab asks too often on purpose, within limits; test_log_in_costs.py sees to the others.
ELSEWHERE = {
    "accounts:change_password",
    "accounts:login",
    "accounts:logout",
    "accounts:sign_up",
    "chats:query_lab",
}


def test_every_view_is_in_one_of_these_tests():
    here = {view for _, view, *_ in LISTS + SINGLES + FORMS}

    assert declared().keys() - ELSEWHERE == here


@pytest.mark.parametrize(("grows", "view", "address"), LISTS)
def test_a_list_costs_the_same_at_any_size(browser_of, growth, bob, slopes, grows, view, address):
    browser, lengths = browser_of(bob), []

    def look():
        response = browser.get(growth.at(address))
        assert response.resolver_match.view_name == view
        lengths.append(len(response.content))
        return response

    assert slopes(getattr(growth, grows), {address: look}) == {}
    assert lengths[0] < lengths[1], "it shows no more rows"


@pytest.mark.parametrize(("grows", "view", "address"), SINGLES)
def test_a_page_costs_the_same_whatever_is_around_it(browser_of, growth, bob, slopes, grows, view, address):
    browser = browser_of(bob)

    assert slopes(getattr(growth, grows), {address: lambda: browser.get(growth.at(address))}) == {}


@pytest.mark.parametrize(("grows", "view", "address", "form"), FORMS)
def test_a_form_costs_the_same_at_any_size(browser_of, growth, bob, slopes, grows, view, address, form):
    browser = browser_of(bob)

    def send():
        return browser.post(growth.at(address), {name: growth.at(text) for name, text in form.items()})

    assert slopes(getattr(growth, grows), {address: send}) == {}
