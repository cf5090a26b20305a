"""The settings SITE_…: what they change, what they refuse, and that their defaults change nothing."""

import base64
import re

import pytest
from django.test import Client

from caching.page_store import page_key
from chats import initials
from config import colors
from config.script_texts import SiteFilesMiddleware
from config.site import Site, site_settings

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
SETTINGS = ("NAME", "NOTICE", "IMPRINT", "CONTACT", "LOGO", "ACCENT", "NEW")
EVIL = "<b>\"'&</b>"


def logo(kind, body) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(body).decode()}"


@pytest.fixture
def made(monkeypatch):
    """Return a function that reads the site from the environment."""
    for name in SETTINGS:
        monkeypatch.delenv(f"SITE_{name}", raising=False)

    def make(**values) -> Site:
        for name, value in values.items():
            monkeypatch.setenv(f"SITE_{name}", value)
        return site_settings()

    return make


@pytest.fixture
def site(settings, made):
    """Return a function that changes the site for this test, as a restart would."""

    def change(**values) -> Site:
        settings.SITE = made(**values)
        settings.TEMPLATES = list(settings.TEMPLATES)  # Django makes new environments of templates.
        return settings.SITE

    yield change
    del settings.TEMPLATES


def test_defaults_change_nothing(made):
    assert made() == Site()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"NAME": ""}, "SITE_NAME is empty"),
        ({"NAME": "x" * 41}, "SITE_NAME has 41 characters; it can have 40"),
        ({"NAME": "a\nb"}, "in one line of printable text"),
        ({"NOTICE": "x" * 201}, "SITE_NOTICE has 201 characters"),
        ({"IMPRINT": "javascript:alert(1)"}, "SITE_IMPRINT is 'javascript:alert(1)'"),
        ({"IMPRINT": "//evil.example"}, "SITE_IMPRINT is"),
        ({"IMPRINT": "a@example.org"}, "must be a URL"),
        ({"CONTACT": "example.org"}, "SITE_CONTACT is 'example.org'; it must be an e-mail address, or a URL"),
        ({"LOGO": "https://example.org/logo.png"}, "SITE_LOGO must be"),
        ({"LOGO": logo("png", SVG)}, "SITE_LOGO must be"),
        ({"LOGO": "data:image/png;base64,%%"}, "SITE_LOGO must be"),
        ({"LOGO": logo("png", PNG + bytes(65_536))}, "SITE_LOGO has 65584 bytes; it can have 65536"),
        ({"ACCENT": "red,blue"}, "SITE_ACCENT is 'red,blue'; it must be two colors such as"),
        ({"ACCENT": "#0f6460"}, "SITE_ACCENT is '#0f6460'"),
        ({"ACCENT": "#ffcc00,#6cc5bd"}, "#ffcc00 has the contrast 1.2"),
        ({"ACCENT": "#0f6460,#0f6460"}, "of the dark theme, and text needs 4.5. Choose a lighter color."),
        ({"NEW": "#f09a6b,#f09a6b"}, "SITE_NEW: #f09a6b has the contrast"),
        ({"NEW": "#b4532a,#b4532a"}, "SITE_NEW: #b4532a has the contrast"),
    ],
)
def test_wrong_value_stops_the_start_with_one_line(made, values, said):
    with pytest.raises(SystemExit) as stopped:
        made(**values)

    assert str(stopped.value).startswith("Bobbin cannot start: SITE_")
    assert said in str(stopped.value)
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#fff000", "#fff000", 1)],
)
def test_contrast_is_that_of_wcag(one, other, expected):
    assert round(colors.contrast(one, other), 2) == expected


def test_colors_of_the_style_sheet_are_those_of_the_defaults(repository_css):
    """The checks must know the backgrounds that the pages have."""
    surfaces = zip(*colors.SURFACES, strict=True)
    for pair in (colors.ACCENT, colors.NEW, colors.ACCENT_SOFT, colors.ON_ACCENT, *surfaces):
        short = [re.sub(r"^#(.)\1(.)\2(.)\3$", r"#\1\2\3", color) for color in pair]
        assert f"light-dark({short[0]}, {short[1]})" in repository_css


def _pair_of(css, name) -> list[str]:
    """Return a color of the style sheet for both themes, with six digits each."""
    values = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\);", css).groups()
    return [re.sub(r"^#(\w)(\w)(\w)$", r"#\1\1\2\2\3\3", value) for value in values]


@pytest.mark.parametrize("ink", ["ink", "quiet", "accent", "new", "danger"])
@pytest.mark.parametrize("ground", ["ground", "paper", "raised"])
def test_text_has_contrast_on_every_surface(repository_css, ink, ground):
    pairs = zip(_pair_of(repository_css, ink), _pair_of(repository_css, ground), strict=True)

    assert min(colors.contrast(*pair) for pair in pairs) >= colors.CONTRAST


def test_initials_have_contrast_on_each_of_their_colors(repository_css):
    found = re.findall(r"^\.c(\d) \{ --initials: (#\w{6}); \}$", repository_css, re.MULTILINE)

    assert [int(number) for number, _ in found] == list(range(initials.COLORS))
    assert min(colors.contrast(color, "#ffffff") for _, color in found) >= colors.CONTRAST


@pytest.fixture
def repository_css():
    from django.conf import settings

    return (settings.BASE_DIR / "chats/static/chats/bobbin.css").read_text()


@pytest.mark.parametrize("path", ["/", "/help/", "/accounts/login/", "/nowhere/"])
def test_every_page_has_the_texts_of_the_operator_escaped(db, site, path):
    site(NAME=EVIL, NOTICE=f"notice {EVIL}", IMPRINT="/imprint?a=1&b=<i>", CONTACT="a&b@example.org")
    body = Client().get(path).content.decode()

    assert EVIL not in body
    assert "<i>" not in body
    assert body.count("&lt;b&gt;&#34;&#39;&amp;&lt;/b&gt;") >= 3
    assert 'href="/imprint?a=1&amp;b=&lt;i&gt;"' in body
    assert 'href="mailto:a%26b@example.org"' in body


def test_pages_link_the_style_sheet_and_the_logo_of_the_operator(db, site):
    made = site(ACCENT="#5b2a86,#c9a7f0", NEW="#b4532a,#f09a6b", LOGO=logo("png", PNG))
    body = Client().get("/").content.decode()

    assert f'<link rel="stylesheet" href="{made.style_url}">' in body
    assert body.count(made.logo_url) == 2
    style, image = (Client().get(url) for url in (made.style_url, made.logo_url))
    assert "--accent: light-dark(#5b2a86, #c9a7f0);" in style.content.decode()
    assert (image.content, image.headers["Content-Type"]) == (PNG, "image/png")
    assert "immutable" in style.headers["Cache-Control"]
    assert Client().post(made.logo_url).status_code in {404, 405}


def test_logo_runs_no_script(db, site):
    made = site(LOGO=logo("svg+xml", SVG))
    headers = Client().get(made.logo_url).headers

    assert headers["Content-Type"] == "image/svg+xml"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in headers["Content-Security-Policy"]


def test_files_of_the_site_are_served_before_the_session_is_read(rf, settings, made):
    settings.SITE = made(ACCENT="#5b2a86,#c9a7f0")
    serve = SiteFilesMiddleware(lambda request: pytest.fail("passed on"))

    assert serve(rf.get(settings.SITE.style_url)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_cached_page_is_not_shown_after_a_change_of_the_site(browser_of, alice, site):
    browser = browser_of(alice)
    for _ in range(2):
        before = browser.get("/chats/")
    site(NAME="Spindle")
    after = browser.get("/chats/")

    assert before.headers["X-Cache"] == "hit"
    assert "Inbox · Spindle" in after.content.decode()
    assert browser.get("/chats/").headers["X-Cache"] == "hit"


def test_every_setting_changes_the_keys_of_cached_pages(settings, made):
    values = {"NAME": "n", "NOTICE": "o", "IMPRINT": "/i", "CONTACT": "/c", "LOGO": logo("png", PNG),
              "ACCENT": "#5b2a86,#c9a7f0", "NEW": "#b4532a,#f09a6b"}  # fmt: skip
    keys = [page_key(1, ["/"])]
    for name, value in values.items():
        settings.SITE = made(**{name: value})
        keys.append(page_key(1, ["/"]))

    assert len(set(keys)) == len(values) + 1
