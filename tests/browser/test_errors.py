"""Pages for what went wrong: each says what it is, what to do, and keeps nobody out."""

import re

import pytest
from django.db import connection
from playwright.sync_api import expect
from running import ROOT, running_site

# nginx sends these itself, when there is no application to ask.
NGINX = sorted((ROOT / "services" / "nginx" / "errors").glob("*.html"))


@pytest.fixture
def check(look_through):
    """Look at a page of an error: what it says, and whether everybody can read it."""

    def look(page, name: str, says: str, status: int) -> None:
        expect(page.get_by_role("heading", level=1)).to_have_text(says)
        expect(page.get_by_text(str(status), exact=True)).to_be_visible()
        assert look_through(page, f"error-{name}") == []

    return look


def _spoil_token(page) -> None:
    page.locator("form.compose input[name=csrfmiddlewaretoken]").evaluate(
        "field => field.value = 'x'.repeat(64)"
    )


def test_a_form_that_is_too_old(open_browser, message, bob, check):
    his = open_browser(bob)
    his.goto(f"/chats/message/{message.pk}/reply/")
    _spoil_token(his)
    his.get_by_role("textbox", name="Message").fill("Too late")
    his.locator("form.compose").evaluate("form => form.submit()")  # As without JavaScript.

    check(his, "403", "This form is too old", 403)


@pytest.mark.parametrize("address", ["/chats/thread/{}/", "/chats/message/{}/reply/", "/chats/with/alice/"])
def test_form_with_the_token_of_an_earlier_log_in_is_sent_with_a_fresh_one(
    open_browser, message, bob, address
):
    his = open_browser(bob)
    his.goto(address.format(message.pk))
    _spoil_token(his)
    his.get_by_role("textbox", name="Message").fill("In time")
    his.get_by_role("button", name=re.compile("^(Reply|Send)$")).click()

    expect(his.locator(".message .content", has_text="In time")).to_be_visible()


def test_too_many_wrong_passwords(open_browser, bob, check):
    somebody = open_browser()
    for _ in range(5):
        somebody.goto("/accounts/login/")
        somebody.get_by_label("Username").fill("bob")
        somebody.get_by_label("Password").fill("wrong")
        somebody.get_by_role("button", name="Log in").click()
        somebody.wait_for_load_state()

    check(somebody, "429", "Too many attempts", 429)


def test_a_fault_of_ours(open_browser, bob, check, faults):
    """A table is missing: somebody has forgotten to migrate."""
    his = open_browser(bob)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE messaging_participant RENAME TO elsewhere")
        try:
            his.goto("/chats/")
            check(his, "500", "That went wrong on our side", 500)
            assert "status of 500" in faults.pop()
        finally:
            cursor.execute("ALTER TABLE elsewhere RENAME TO messaging_participant")


def test_postgresql_is_away(open_browser, bob, check):
    with running_site(live=False, POSTGRES_PORT="1") as site:
        his = open_browser(bob, at=site)
        his.goto("/chats/")
        check(his, "503", "Bobbin is not available right now", 503)


@pytest.mark.parametrize("path", NGINX, ids=lambda path: path.stem)
def test_what_nginx_says_by_itself(open_browser, path, check):
    somebody = open_browser()
    somebody.goto(path.as_uri())
    title = somebody.locator("h1").inner_text()

    check(somebody, f"nginx-{path.stem}", title, int(path.stem))
