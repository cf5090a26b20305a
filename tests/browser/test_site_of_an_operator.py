"""The name, the logo, the colors, the notice and the links that an operator has set."""

import base64

import pytest
from playwright.sync_api import expect

from tests.support.running_site import running_site

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>'
SETTINGS = {
    "SITE_NAME": "Spindle & Co",
    "SITE_LOGO": f"data:image/svg+xml;base64,{base64.b64encode(SVG).decode()}",
    "SITE_ACCENT": "#5b2a86,#c9a7f0",
    "SITE_NEW": "#b4532a,#f09a6b",
    "SITE_NOTICE": "On Sunday from 6 to 7 this site is not available.",
    "SITE_IMPRINT": "/imprint",
    "SITE_CONTACT": "operators@example.org",
}
COLOR = "link => getComputedStyle(link).color"


@pytest.fixture
def site_of_operator(transactional_db):
    with running_site(live=False, **SETTINGS) as running:
        yield running


def test_pages_have_the_name_and_the_colors_of_the_operator(
    open_browser, site_of_operator, message, bob, accessibility_reports, browser_errors
):
    visitor, his = open_browser(at=site_of_operator), open_browser(bob, at=site_of_operator)
    visitor.goto("/")
    expect(visitor).to_have_title("Private messages · Spindle & Co")
    expect(visitor.get_by_text(SETTINGS["SITE_NOTICE"])).to_be_visible()
    expect(visitor.get_by_role("link", name="Contact")).to_have_attribute(
        "href", "mailto:operators@example.org"
    )
    expect(visitor.get_by_role("link", name="Imprint")).to_have_attribute("href", "/imprint")
    assert visitor.locator(".logo").evaluate("image => image.naturalWidth") > 0
    reports = accessibility_reports(visitor, "operator-home")
    assert visitor.locator(".foot a").first.evaluate(COLOR) == "rgb(201, 167, 240)"  # The theme is dark now.
    his.goto("/chats/with/alice/")

    assert his.locator(".back").evaluate(COLOR) == "rgb(91, 42, 134)"
    assert his.locator(".separator.new h2").evaluate(COLOR) == "rgb(180, 83, 42)"
    assert reports + accessibility_reports(his, "operator-conversation") == []
