"""The page of the settings: its sections, and the choices that a browser keeps."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def hers(open_browser, alice):
    page = open_browser(alice, color_scheme="light")
    page.goto("/accounts/")
    return page


def test_links_of_the_settings_lead_to_their_sections(hers):
    names = ["Profile", "Notifications", "Privacy", "Security", "Language and time", "Appearance", "Keyboard",
             "Data"]  # fmt: skip
    links = hers.get_by_role("navigation", name="Sections").get_by_role("link")
    expect(links).to_have_text(names)
    for name in names:
        links.get_by_text(name).click()
        section = hers.get_by_role("region", name=name)
        expect(section).to_be_in_viewport()
        assert section.get_attribute("id") == name.lower().split()[0]


def test_settings_without_javascript_have_only_what_works(open_browser, alice):
    hers = open_browser(alice, java_script_enabled=False)
    hers.goto("/accounts/")

    expect(hers.get_by_role("region")).to_have_count(6)
    expect(hers.get_by_role("navigation", name="Sections").get_by_role("link")).to_have_count(6)
    expect(hers.get_by_role("radio")).to_have_count(0)


def test_theme_is_chosen_and_stays(hers):
    ground = "getComputedStyle(document.body).backgroundColor"
    light = hers.evaluate(ground)
    expect(hers.get_by_role("radio", name="System")).to_be_checked()
    hers.get_by_role("radio", name="Dark").check()
    dark = hers.evaluate(ground)
    assert dark != light
    assert hers.evaluate("localStorage['bobbin-theme']") == "dark"
    hers.reload()
    expect(hers.get_by_role("radio", name="Dark")).to_be_checked()
    assert hers.evaluate(ground) == dark
    hers.get_by_role("radio", name="System").check()

    assert hers.evaluate(ground) == light


def test_theme_that_another_tab_or_the_switch_has_chosen_is_shown(hers):
    other = hers.context.new_page()
    other.goto("/accounts/")
    other.get_by_role("radio", name="Light").check()
    expect(hers.get_by_role("radio", name="Light")).to_be_checked()
    hers.evaluate("document.documentElement.dataset.theme = 'dark'")

    expect(hers.get_by_role("radio", name="Dark")).to_be_checked()


def test_enter_has_no_choice_on_a_touch_screen(open_browser, alice):
    hers = open_browser(alice, has_touch=True, is_mobile=True)
    hers.goto("/accounts/")
    expect(hers.get_by_role("radio", name="System")).to_be_checked()

    expect(hers.get_by_role("radio", name=re.compile("^Sends"))).to_be_hidden()


def test_effect_of_enter_is_chosen_and_stays(open_browser, alice):
    hers = open_browser(alice)
    hers.goto("/accounts/")
    expect(hers.get_by_role("radio", name=re.compile("^Sends"))).to_be_checked()
    for start, stored in (("^Begins", "newline"), ("^Sends", "send")):
        name = re.compile(start)
        hers.get_by_role("radio", name=name).check()
        assert hers.evaluate("localStorage['bobbin-enter']") == stored
        hers.reload()
        expect(hers.get_by_role("radio", name=name)).to_be_checked()


def test_choices_work_without_storage_until_the_page_is_left(open_browser, alice):
    hers = open_browser(alice, color_scheme="light")
    hers.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('off') }})")
    hers.goto("/accounts/")
    hers.get_by_role("radio", name="Dark").check()
    expect(hers.locator("html")).to_have_attribute("data-theme", "dark")
    hers.get_by_role("radio", name=re.compile("^Begins")).check()

    expect(hers.get_by_role("radio", name=re.compile("^Begins"))).to_be_checked()


@pytest.mark.parametrize("width", [390, 1280])
def test_settings_and_filters_fit_the_window(open_browser, alice, picture, width):
    hers = open_browser(alice, viewport={"width": width, "height": 844})
    for name, address in (("settings", "/accounts/"), ("filters", "/chats/search/?with=alice&q=loom")):
        hers.goto(address)
        picture(hers, f"{name}-{width}")
        assert hers.evaluate("document.documentElement.scrollWidth") == width


def test_deletion_can_be_cancelled_and_says_what_others_lose(hers):
    hers.get_by_role("link", name="Delete account").click()
    expect(hers.locator("main")).to_contain_text("including what they wrote")
    hers.get_by_role("link", name="Cancel").click()

    expect(hers.get_by_role("heading", level=1)).to_have_text("Settings")
