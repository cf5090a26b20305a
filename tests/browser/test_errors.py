"""Error pages are accessible; each states the problem and the next step."""

import re

import pytest
from django.db import connection
from playwright.sync_api import expect

from messaging.models import Message
from tests.support.running_site import ROOT, running_site

# nginx serves these pages itself when the application is not available.
NGINX = sorted((ROOT / "services" / "nginx" / "errors").glob("*/*.html"))


@pytest.fixture
def check(accessibility_reports):
    """Return a function that checks heading, status and accessibility of an error page."""

    def check(page, name: str, says: str, status: int) -> None:
        expect(page.get_by_role("heading", level=1)).to_have_text(says)
        expect(page.get_by_text(str(status), exact=True)).to_be_visible()
        assert accessibility_reports(page, f"error-{name}") == []

    return check


def _spoil_token(page) -> None:
    page.locator("form.compose input[name=csrfmiddlewaretoken]").evaluate(
        "field => field.value = 'x'.repeat(64)"
    )


def test_form_with_an_expired_token_shows_403(open_browser, message, bob, check):
    his = open_browser(bob)
    his.goto(f"/chats/message/{message.pk}/reply/")
    _spoil_token(his)
    his.get_by_role("textbox", name="Message").fill("Too late")
    his.locator("form.compose").evaluate("form => form.submit()")  # As a browser without JavaScript does.

    check(his, "403", "This page is out of date", 403)


@pytest.mark.parametrize("address", ["/chats/thread/{}/", "/chats/message/{}/reply/", "/chats/with/alice/"])
def test_form_with_the_token_of_an_earlier_log_in_is_sent_with_a_fresh_one(
    open_browser, message, bob, address
):
    his = open_browser(bob)
    his.goto(address.format(message.pk))
    _spoil_token(his)
    his.get_by_role("textbox", name="Message").fill("In time")
    his.get_by_role("button", name=re.compile("^(Reply|Send)$")).click()

    expect(his.locator(".message:not(.is-unsent) .content", has_text="In time")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "button", "read"),
    [
        ("/chats/with/alice/", "button[form=mark-unread]", False),
        ("/chats/notifications/", "#read-all button", True),
        ("/chats/notifications/", "[data-notification] button", True),
    ],
)
def test_button_with_the_token_of_an_earlier_log_in_is_sent_with_a_fresh_one(
    open_browser, message, bob, address, button, read
):
    if not read:
        Message.objects.mark_seen(bob, [message.pk])
    his = open_browser(bob)
    his.goto(address)
    his.locator("input[name=csrfmiddlewaretoken]").evaluate_all(
        "fields => fields.forEach(field => field.value = 'x'.repeat(64))"
    )
    with his.expect_navigation():
        his.locator(button).click()

    expect(his.get_by_role("heading", level=1)).not_to_have_text("This page is out of date")
    assert Message.objects.get().read is read


def test_too_many_wrong_passwords_show_429(open_browser, bob, check):
    visitor = open_browser()
    for _ in range(5):
        visitor.goto("/accounts/login/")
        visitor.get_by_label("Username").fill("bob")
        visitor.get_by_label("Password").fill("wrong")
        visitor.get_by_role("button", name="Log in").click()
        visitor.wait_for_load_state()

    check(visitor, "429", "Too many attempts", 429)


def test_server_error_shows_500(open_browser, bob, check, browser_errors):
    """A table is missing, as after a forgotten migration."""
    his = open_browser(bob)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE messaging_participant RENAME TO elsewhere")
        try:
            his.goto("/chats/")
            check(his, "500", "Something went wrong", 500)
            assert "status of 500" in browser_errors.pop()
        finally:
            cursor.execute("ALTER TABLE elsewhere RENAME TO messaging_participant")


def test_unreachable_postgresql_shows_503(open_browser, bob, check):
    with running_site(live=False, POSTGRES_PORT="1") as site:
        his = open_browser(bob, at=site)
        his.goto("/chats/")
        check(his, "503", "Bobbin is not available right now", 503)


@pytest.mark.parametrize("path", NGINX, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_error_pages_of_nginx_are_accessible(open_browser, path, check):
    visitor = open_browser()
    visitor.goto(path.as_uri())
    title = visitor.locator("h1").inner_text()

    expect(visitor.locator("html")).to_have_attribute("lang", path.parent.name)
    check(visitor, f"nginx-{path.parent.name}-{path.stem}", title, int(path.stem))
