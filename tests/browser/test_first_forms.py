"""The first minutes of a new member: shown passwords, the focus after an error, the way to a message."""

import re

import pytest
from playwright.sync_api import expect

PASSWORD = "warp-and-weft-7"  # Of the users of `member`, too.
# The URLs of all requests that are not to the site itself.
OTHERS = """() => performance.getEntries().map(one => one.name)
  .filter(name => /^https?:/.test(name) && !name.startsWith(origin))"""


@pytest.mark.parametrize(
    ("address", "label"), [("/accounts/signup/", "Password"), ("/accounts/login/", "Password")]
)
def test_button_shows_and_hides_the_password(open_browser, address, label):
    visitor = open_browser()
    visitor.goto(address)
    field = visitor.locator("#id_password1, #id_password")
    field.fill(PASSWORD)
    visitor.get_by_role("button", name=f"Show: {label}", exact=True).click()

    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value(PASSWORD)
    visitor.get_by_role("button", name=f"Hide: {label}", exact=True).click()
    expect(field).to_have_attribute("type", "password")


def test_each_field_of_a_password_change_has_its_own_button(open_browser, bob):
    his = open_browser(bob)
    his.goto("/accounts/password/")
    his.get_by_role("button", name="Show: New password", exact=True).press("Enter")

    types = his.locator("main input:not([type=hidden]):not([hidden])").evaluate_all(
        "all => all.map(one => one.type)"
    )
    assert types == ["password", "text", "password"]


def test_password_is_hidden_before_it_is_sent(open_browser, db):
    visitor = open_browser()
    visitor.goto("/accounts/signup/")
    visitor.get_by_role("button", name="Show: Password", exact=True).click()
    visitor.evaluate("""() => document.addEventListener("submit", event => {
      event.preventDefault(); window.sent = document.querySelector("#id_password1").type })""")
    visitor.get_by_label("Username").fill("dora")
    visitor.get_by_label("Password").fill(PASSWORD)
    visitor.get_by_role("button", name="Sign up").click()

    assert visitor.evaluate("window.sent") == "password"


@pytest.mark.parametrize("scripts", [True, False])
def test_focus_is_on_the_wrong_field_and_the_other_keeps_its_value(open_browser, bob, scripts):
    visitor = open_browser(java_script_enabled=scripts)
    visitor.goto("/accounts/signup/")
    name, password = visitor.locator("#id_username"), visitor.locator("#id_password1")
    expect(name).to_be_focused()
    name.fill("dora")
    password.fill("short")
    password.press("Enter")

    expect(visitor.locator("#id_password1_error")).to_contain_text("too short")
    expect(password).to_be_focused()
    expect(name).to_have_value("dora")
    name.fill("bob")
    password.fill(PASSWORD)
    password.press("Enter")
    expect(visitor.locator("#id_username_error")).to_contain_text("taken")
    expect(name).to_be_focused()


def test_show_button_needs_scripts_and_the_form_does_not(open_browser, db):
    visitor = open_browser(java_script_enabled=False)
    visitor.goto("/accounts/signup/")
    expect(visitor.locator("button[data-shows]")).to_be_hidden()
    visitor.locator("#id_username").fill("dora")
    visitor.locator("#id_password1").fill(PASSWORD)
    visitor.locator("#id_password1").press("Enter")

    expect(visitor).to_have_url(re.compile("/chats/$"))


@pytest.mark.parametrize("scripts", [True, False])
def test_newcomer_writes_after_two_pages_and_three_fields(open_browser, bob, scripts):
    visitor = open_browser(java_script_enabled=scripts)
    visitor.goto("/")
    visitor.get_by_role("link", name="Sign up").click()
    visitor.locator("#id_username").fill("dora")
    visitor.locator("#id_password1").fill(PASSWORD)
    visitor.locator("main button[type=submit]").click()
    visitor.locator("#id_to").fill("bob")
    visitor.locator("#id_content").fill("Hello, bob")
    visitor.get_by_role("button", name="Send").click()

    expect(visitor.locator("li.message .content")).to_have_text("Hello, bob")


def test_invited_visitor_signs_up_and_writes(open_browser, bob):
    his, visitor = open_browser(bob), open_browser()
    his.goto("/chats/")
    visitor.goto(his.locator("#invitation").input_value())
    visitor.get_by_label("Username").fill("dora")
    visitor.get_by_label("Password").fill(PASSWORD)
    visitor.get_by_role("button", name="Sign up").click()

    expect(visitor.locator("#id_content")).to_be_focused()
    expect(visitor.locator("#id_to")).to_have_value("bob")
    visitor.keyboard.type("Hello, bob")
    visitor.keyboard.press("Control+Enter")
    expect(his.locator("#rows")).to_contain_text("Hello, bob")


def test_button_copies_the_link(open_browser, bob):
    his = open_browser(bob, permissions=["clipboard-read", "clipboard-write"])
    his.goto("/accounts/")
    his.get_by_role("button", name="Copy: the link").click()

    expect(his.get_by_role("button", name="Copied: the link")).to_be_visible()
    assert his.evaluate("navigator.clipboard.readText()") == his.locator("#invitation").input_value()


def test_text_in_the_empty_inbox_stays_when_a_message_arrives(open_browser, alice, bob, write):
    his = open_browser(bob)
    his.goto("/chats/")
    his.locator("#id_content").fill("Not ready yet")
    write(alice, bob, "Are you there?")

    expect(his.locator("#rows")).to_contain_text("Are you there?")
    expect(his.locator("#id_content")).to_have_value("Not ready yet")


@pytest.mark.parametrize("address", ["/", "/help/", "/accounts/signup/"])
def test_pages_for_visitors_request_nothing_from_other_hosts(open_browser, db, address):
    visitor = open_browser()
    visitor.goto(address, wait_until="networkidle")

    assert visitor.evaluate(OTHERS) == []
