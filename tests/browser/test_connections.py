"""Responses do not stay open after their page is done with them. A browser has six connections to a host.

Chromium keeps a connection until the body of the response is read or cancelled. Only then the request ends.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.composing import check_session_now, end_sessions


def _open_requests(page) -> list:
    """Return a list that contains the requests of the page, except its event stream, until they end."""
    requests: list = []
    page.on("request", lambda one: one.resource_type == "eventsource" or requests.append(one))
    for end in ("requestfinished", "requestfailed"):
        page.on(end, lambda one: one in requests and requests.remove(one))
    return requests


def _send(page) -> None:
    form = page.locator("main > form.compose")
    form.locator("textarea").fill("from an open page")
    form.get_by_role("button", name="Send").click()


@pytest.mark.parametrize("act", [check_session_now, _send])
def test_log_in_page_that_a_script_receives_is_ended(open_browser, message, bob, act):
    his = open_browser(bob)
    requests = _open_requests(his)
    his.goto("/chats/with/alice/")
    expect(his.locator("html")).to_have_attribute("data-live", "yes")
    expect(his.locator('[data-badge="unread"]')).to_have_count(0)
    # The column has loaded the rows again. A request of it would notice the end of the session first.
    expect(his.locator("#beside li:not(.is-unread)")).to_have_count(1)
    end_sessions()
    act(his)
    expect(his.get_by_role("dialog")).to_be_visible()
    for _ in range(50):
        if not requests:
            break
        his.wait_for_timeout(100)

    assert requests == []
