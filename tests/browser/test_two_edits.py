"""When two tabs edit one message, the second shows the current text and keeps its own."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from messaging.models import Message


@pytest.fixture(params=["row", "page"])
def edit(request, open_browser, message, alice):
    """Return a function that opens the edit form in a tab, in the row or on a separate page."""
    first = open_browser(alice)

    def begin(page=None):
        page = page or first.context.new_page()
        if request.param == "page":
            page.goto(f"/chats/message/{message.pk}/edit/")
            return page.locator("main > form.compose")
        page.goto(f"/chats/thread/{message.pk}/")
        row = page.locator(f"#m{message.pk}")
        row.get_by_role("link", name="Edit your message").click()
        return row.locator("form.compose")

    return begin


def _box(form):
    return form.get_by_role("textbox", name="Message")


def _save(form, text=None):
    if text is not None:
        _box(form).fill(text)
    form.get_by_role("button", name="Save").click()


def _says(page, text):
    expect(page.locator("ol.messages .content", has_text=text)).to_be_visible()


def test_second_tab_shows_both_texts_and_replaces_when_saved_again(edit, message, picture):
    one, other = edit(), edit()
    _save(one, "from the first tab")
    _says(one.page, "from the first tab")

    _save(other, "from the second tab")
    expect(other.get_by_role("alert")).to_contain_text("was changed after you began to edit it")
    expect(other.locator(".stands .content")).to_have_text("from the first tab")
    expect(_box(other)).to_have_value("from the second tab")
    picture(other.page, "edit-conflict")
    found = Axe().run(other.page)
    assert not found.violations_count, found.generate_report()

    _save(other)
    _says(other.page, "from the second tab")
    texts = ["Good morning, Bob", "from the first tab"]
    assert list(message.history.order_by("pk").values_list("old_content", flat=True)) == texts


def test_text_survives_a_reload_before_and_after_the_conflict(edit, message, alice):
    form = edit()
    _box(form).fill("typed before the change")
    message.edit("from elsewhere", by=alice)
    form = edit(form.page)  # The new page has the new text; the draft is based on the old one.
    expect(_box(form)).to_have_value("typed before the change")

    _save(form)
    expect(form.locator(".stands .content")).to_have_text("from elsewhere")
    assert Message.objects.get().content == "from elsewhere"
    form = edit(form.page)
    expect(_box(form)).to_have_value("typed before the change")

    _save(form)
    _says(form.page, "typed before the change")


def test_refused_text_survives_a_reload(edit):
    form = edit()
    _save(form, "x" * 10_001)
    expect(form.get_by_role("alert")).to_contain_text("at most 10,000 characters")

    expect(_box(edit(form.page))).to_have_value("x" * 10_001)


def test_text_of_an_edit_of_a_deleted_message_stays(open_browser, message, alice):
    page = open_browser(alice)
    page.goto(f"/chats/message/{message.pk}/edit/")
    form = page.locator("main > form.compose")
    message.delete()
    _save(form, "too late")

    expect(form.get_by_role("alert")).to_contain_text("Your text is kept; you can copy it.")
    expect(_box(form)).to_have_value("too late")


@pytest.mark.parametrize("stream", [True, False])
def test_edit_on_an_earlier_page_of_a_conversation_stays_there(open_browser, write_many, alice, bob, stream):
    sent = write_many(alice, bob, 60)
    page = open_browser(alice)
    if not stream:
        page.route("**/events/**", lambda route: route.abort())
    address = f"/chats/with/bob/?from={sent[0].pk}"
    page.goto(address)
    row = page.locator(f"#m{sent[0].pk}")
    row.get_by_role("link", name="Edit your message").click()
    _save(row.locator("form.compose"), "edited here")

    _says(page, "edited here")
    assert page.url.endswith(address)


def test_without_javascript_the_page_shows_both_texts(open_browser, message, alice):
    page = open_browser(alice, java_script_enabled=False)
    page.goto(f"/chats/message/{message.pk}/edit/")
    message.edit("from elsewhere", by=alice)
    page.get_by_role("textbox", name="Message").fill("mine")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".stands .content")).to_have_text("from elsewhere")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("mine")

    page.get_by_role("button", name="Save").click()
    _says(page, "mine")
