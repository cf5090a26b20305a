"""Every page makes the same number of queries for 1, 10, 100 and 1,000 rows."""

from functools import partial

import pytest

from observability.budgets import declared

ABOVE_ALL = 2**53  # No key is higher, so the page before this key shows everything.

# Each entry has the rows that grow, the view, and the address that bob requests.
LISTS = [
    ("people", "chats:inbox", "/chats/"),
    ("people", "chats:inbox", f"/chats/?before={ABOVE_ALL}"),
    ("people", "chats:unread", "/chats/unread/"),
    ("replies", "chats:unread", "/chats/unread/"),
    ("replies", "chats:unread", f"/chats/unread/?before={ABOVE_ALL}"),
    ("answered", "chats:threads", "/chats/threads/"),
    ("answered", "chats:threads", f"/chats/threads/?before={ABOVE_ALL}"),
    ("replies", "chats:threads", "/chats/threads/"),
    ("people", "notifications:list", "/chats/notifications/"),
    ("replies", "notifications:list", f"/chats/notifications/?before={ABOVE_ALL}"),
    ("people", "chats:new", "/chats/new/"),
    ("people", "chats:people", "/chats/people/?to=person"),
    ("replies", "chats:conversation", "/chats/with/alice/?at={last}"),
    ("replies", "chats:conversation", "/chats/with/alice/?from={root}"),
    ("replies", "chats:conversation", "/chats/with/alice/?to={last}"),
    ("replies", "chats:conversation_by_id", "/chats/conversation/{conversation}/?at={root}"),
    ("replies_read", "chats:conversation", "/chats/with/alice/?at={root}"),
    ("threads", "chats:conversation", "/chats/with/alice/?at={root}"),
    ("replies", "chats:thread", "/chats/thread/{root}/?at={root}"),
    ("replies", "chats:thread", "/chats/thread/{root}/?to={last}"),
    ("replies_read", "chats:thread", "/chats/thread/{root}/?at={last}"),
    ("chain", "chats:thread", "/chats/thread/{root}/?at={root}"),
    ("edits", "chats:history", "/chats/message/{root}/history/"),
    ("edits", "chats:history", f"/chats/message/{{root}}/history/?before={ABOVE_ALL}"),
    ("people", "chats:find", "/chats/find/?q=erso"),
    ("people", "chats:find", "/chats/find/?q=person"),
    ("replies", "chats:find", "/chats/find/?q=reply"),
    ("replies", "chats:search", "/chats/search/?q=reply"),
    ("people", "chats:search", "/chats/search/?q=hello+to:me"),
    ("replies", "chats:search", f"/chats/search/?q=reply&last=9_{ABOVE_ALL}"),
]
# Pages about one object, with a growing number of related rows.
SINGLES = [
    ("replies", "chats:message", "/chats/message/{last}/"),
    ("chain", "chats:message", "/chats/message/{last}/"),
    ("replies", "chats:reply", "/chats/message/{last}/reply/"),
    ("replies", "chats:edit", "/chats/message/{own}/edit/"),
    ("edits", "chats:thread", "/chats/thread/{root}/?at={root}"),
    ("people", "accounts:account", "/accounts/"),
    ("replies", "accounts:account", "/accounts/"),
    ("people", "accounts:delete_user_account", "/accounts/delete/"),
    ("people", "accounts:language", "/accounts/language/"),
    ("people", "accounts:time_zone", "/accounts/time-zone/"),
    ("replies", "accounts:delete_user_account", "/accounts/delete/"),
    ("replies", "labs:cache_test", "/chats/cache-test/"),
    ("people", "home", "/"),
    ("people", "help", "/help/"),
    ("people", "events", "/events/"),
    ("replies", "chats:thread", "/chats/thread/{root}/"),
    ("replies_read", "chats:thread", "/chats/thread/{root}/"),
    ("replies", "chats:conversation", "/chats/with/alice/"),
    ("replies_read", "chats:conversation", "/chats/with/alice/"),
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
    ("replies", "notifications:read_one", "/chats/notifications/{notification}/read/", {}),
    ("replies", "notifications:read_all", "/chats/notifications/read/", {}),
]
ROWS = sorted({rows for rows, *_ in LISTS + SINGLES + FORMS})
# test_log_in_costs.py tests the views of accounts. The lab repeats queries on purpose, within limits.
OTHER_PLACES = {
    "accounts:change_password",
    "accounts:login",
    "accounts:logout",
    "accounts:recover",
    "accounts:sign_up",
    "labs:query_lab",
}


def test_every_view_is_in_one_of_these_tests():
    here = {view for _, view, *_ in LISTS + SINGLES + FORMS}

    missing = declared().keys() - OTHER_PLACES - here
    assert not missing, f"add the address to LISTS, SINGLES or FORMS in {__file__}: {missing}"
    assert here <= declared().keys()


@pytest.mark.parametrize("grows", ROWS)
def test_lists_make_a_constant_number_of_queries(browser_of, growth, bob, slopes, grows):
    browser, lengths = browser_of(bob), {}

    def load(view, address):
        response = browser.get(growth.at(address))
        assert response.resolver_match.view_name == view
        lengths.setdefault(address, []).append(len(response.content))
        return response

    pages = {address: partial(load, view, address) for rows, view, address in LISTS if rows == grows}

    assert slopes(getattr(growth, grows), pages) == {}
    assert [page for page, (first, second, *_) in lengths.items() if first >= second] == []


@pytest.mark.parametrize("grows", ROWS)
def test_pages_make_a_constant_number_of_queries_beside_many_rows(browser_of, growth, bob, slopes, grows):
    browser = browser_of(bob)

    def load(address):
        return browser.get(growth.at(address))

    def send(address, form):
        return browser.post(growth.at(address), {name: growth.at(text) for name, text in form.items()})

    pages = {address: partial(load, address) for rows, _, address in SINGLES if rows == grows}
    forms = {f"{address} {form}": partial(send, address, form) for rows, _, address, form in FORMS
             if rows == grows}  # fmt: skip

    assert slopes(getattr(growth, grows), pages | forms) == {}
