"""One member on two devices: what happens on one is shown on the other without a reload, once."""

import re

import pytest
from playwright.sync_api import expect

from messaging.models import Message, MessageHistory
from tests.browser.composing import DRAFTS, expect_text, opened, row, send

LIVE = ("data-live", "yes")
BADGE = '[data-badge="unread"]'
ONE_UNREAD = re.compile(r"^\(1\) ")


@pytest.fixture
def conversation(write, alice, bob):
    return write(bob, alice, "from bob")


@pytest.fixture
def devices(open_browser, conversation, alice):
    """Return two pages of alice in two browsers that know nothing of each other."""
    return open_browser(alice), open_browser(alice)


@pytest.mark.parametrize("address", ["/chats/", "/chats/unread/", "/chats/notifications/"])
def test_message_that_is_read_on_one_device_is_read_on_the_other(devices, address):
    laptop, phone = devices
    laptop.goto(address)
    expect(laptop.locator("html")).to_have_attribute(*LIVE)
    expect(laptop).to_have_title(ONE_UNREAD)
    expect(laptop.locator("#rows .is-unread")).to_have_count(1)
    opened(phone)
    for page in devices:
        expect(page.locator(BADGE)).to_have_count(0)
        expect(page).not_to_have_title(ONE_UNREAD)

    expect(laptop.locator("#rows .is-unread")).to_have_count(0)


def test_message_that_is_left_unread_on_one_device_is_unread_on_the_other(devices, conversation):
    laptop, phone = devices
    opened(laptop)
    expect(laptop.locator(BADGE)).to_have_count(0)
    opened(phone)
    phone.locator(f"#m{conversation.pk}").get_by_role("button", name="Mark as unread").click()
    for page in devices:
        expect(page.locator(BADGE)).to_have_text("1")
        expect(page).to_have_title(ONE_UNREAD)

    assert not Message.objects.get().read


def test_messages_that_are_sent_on_two_devices_are_shown_once_and_in_order_on_both(devices):
    for page in devices:
        opened(page)
    for number in range(3):
        for name, page in zip(("laptop", "phone"), devices, strict=True):
            send(page, f"{name} {number}")
    for page in devices:
        expect(page.locator("li.is-mine:not(.is-unsent)")).to_have_count(6)

    stored = list(Message.objects.order_by("pk").values_list("content", flat=True))
    for page in devices:
        expect(page.locator("li.message .content")).to_have_text(stored)


def test_same_text_on_two_devices_is_two_messages(devices):
    """The rows of two messages with one text are not taken for each other."""
    for page in devices:
        opened(page)
    for page in devices:
        send(page, "yes")

    for page in devices:
        expect(page.locator("li.message .content")).to_have_text(["from bob", "yes", "yes"])
        expect(page.locator("li.is-unsent")).to_have_count(0)
    assert Message.objects.filter(content="yes").count() == 2


def test_draft_on_one_device_stays_when_the_other_sends(devices):
    laptop, phone = devices
    for page in devices:
        opened(page)
    laptop.keyboard.type("half a text")
    send(phone, "a whole text")
    expect(row(laptop, "a whole text")).to_be_visible()
    expect_text(laptop, "half a text")
    assert phone.evaluate(DRAFTS) == []
    laptop.reload()

    expect_text(laptop, "half a text")


def test_log_out_ends_the_tabs_of_its_device_and_not_the_other_device(devices):
    laptop, phone = devices
    tab = laptop.context.new_page()
    for page in (laptop, tab, phone):
        opened(page)
    laptop.goto("/accounts/")
    laptop.get_by_role("button", name="Log out").click()
    expect(laptop.get_by_role("heading", name="You have logged out")).to_be_visible()
    expect(tab.get_by_role("heading", name="Log in")).to_be_visible()
    assert "from bob" not in tab.content()
    send(phone, "still here")

    expect(row(phone, "still here").locator(".sent")).to_be_visible()


def test_edit_on_two_devices_keeps_the_text_of_the_one_that_is_refused(devices, write, alice, bob):
    own = write(alice, bob, "first text")
    boxes = []
    for page in devices:
        opened(page)
        page.locator(f"#m{own.pk}").get_by_role("link", name="Edit").click()
        boxes.append(page.locator("li.message form.compose textarea"))
    for box, text in zip(boxes, ("from the laptop", "from the phone"), strict=True):
        box.fill(text)
    boxes[0].press("Enter")
    expect(devices[1].locator(f"#m{own.pk} .content").first).to_have_text("from the laptop")
    expect(boxes[1]).to_have_value("from the phone")
    boxes[1].press("Enter")
    expect(devices[1].get_by_role("alert")).to_contain_text("was changed after you began to edit it")
    expect(boxes[1]).to_have_value("from the phone")
    boxes[1].press("Enter")

    for page in devices:
        expect(page.locator(f"#m{own.pk} .content")).to_have_text("from the phone")
    assert list(MessageHistory.objects.order_by("pk").values_list("old_content", flat=True)) == [
        "first text",
        "from the laptop",
    ]
