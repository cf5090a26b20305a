"""Pages are accessible in both themes, fit narrow windows, load few bytes and do not shift."""

import re

import pytest
from django.urls import resolve
from playwright.sync_api import expect

from messaging.models import Message
from observability.budgets import views

MOST_BYTES = 91_000  # A thread with 50 messages.
MOST_WITH_COLUMNS = 100_000  # All that a first visit loads, except for a thread with 50 messages.
# The requests for the columns beside the page on a wide screen, with the most bytes that they load. The page
# is usable before they begin. The conversation has 50 messages.
BESIDE = {
    "list": (
        re.compile(r"/(beside|filtering|marks|pagination|refreshing)\.\w+\.js$|/chats/\?part=rows$"),
        18_500,
    ),
    "conversation": (re.compile(r"/around\.\w+\.js$|/chats/with/\w+/\?at=\d+&part=rows"), 26_000),
}
# Collects layout shifts from the first paint on; without input there should be none.
SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(e => window.shifts.push(e.value)))
  .observe({type: "layout-shift", buffered: true});
"""
# True after the first poll of the page; an error page does not poll.
SETTLED = """() => !document.body.dataset.state ||
  performance.getEntriesByName(new URL(document.body.dataset.state, location)).some(one => one.responseEnd)"""
ODD = "مرحبا بالعالم 🧵 " + "x" * 400 + "\n\nhttps://example.org/" + "long/" * 60 + " <b>not bold</b>"


@pytest.fixture
def town(write, write_many, alice, bob, charlie, member):
    """Create data for alice: deep and long threads, edits, unread messages and unusual texts."""
    root = write(bob, alice, "The new loom arrives on Thursday. Who is there to take it?")
    first = write(alice, bob, "I am, from nine on.", parent_message=root)
    deep = first
    for number in range(9):
        people = (bob, alice) if number % 2 == 0 else (alice, bob)
        deep = write(*people, f"Answer number {number + 1} to the answer", parent_message=deep)
    write(bob, alice, ODD, parent_message=root)
    Message.objects.mark_conversation_read(alice, root.conversation_id, up_to=2**53)
    write(alice, bob, "Then it is settled: nine o'clock, at the back door.", parent_message=root).edit(
        "Then it is settled: a quarter past nine, at the back door.", by=alice
    )
    write(bob, alice, "The driver rang: he is early.", parent_message=root)
    long = write(charlie, alice, "What we need")
    write_many(charlie, alice, 120, content="Two lines\nof item", parent_message=long)
    for number in range(30):
        write(member(f"weaver{number:02}"), alice, f"Hello from weaver {number}")
    return {"root": root, "long": long, "edited": Message.objects.get(edited=True)}


PAGES = {
    "inbox": "/chats/",
    "unread": "/chats/unread/",
    "threads": "/chats/threads/",
    "notifications": "/chats/notifications/",
    "conversation": "/chats/with/bob/",
    "thread": "/chats/thread/{root.pk}/",
    "tree": "/chats/thread/{root.pk}/?order=tree",
    "long-thread": "/chats/thread/{long.pk}/",
    "history": "/chats/message/{edited.pk}/history/",
    "reply": "/chats/message/{root.pk}/reply/",
    "edit": "/chats/message/{edited.pk}/edit/",
    "new": "/chats/new/",
    "search": "/chats/search/?q=loom",
    "search-filters": "/chats/search/?q=loom&with=bob&way=received&order=best&after=2026-01-01",
    "search-nothing": "/chats/search/?q=unheard-of",
    "cache-test": "/chats/cache-test/",
    "query-lab": "/chats/query-lab/",
    "settings": "/accounts/",
    "password": "/accounts/password/",
    "time-zone": "/accounts/time-zone/",
    "delete": "/accounts/delete/",
    "not-found": "/chats/thread/1000000000/",
}
VISITORS = {
    "home": "/",
    "help": "/help/",
    "login": "/accounts/login/",
    "language": "/accounts/language/",
    "sign-up": "/accounts/signup/",
    "recovery-refused": "/accounts/recover/1/x-1/",
}
# Addresses that answer with a redirect, with JSON or with a part of a page, or that only accept POST.
NO_PAGES = {
    "events", "accounts:logout", "chats:conversation_by_id", "chats:counterpart",
    "chats:find", "chats:mark_unread", "chats:message", "chats:people", "chats:seen", "chats:state",
    "notifications:read_all", "notifications:read_one",
}  # fmt: skip


def _addresses(town) -> dict[str, str]:
    return {name: address.format(**town) for name, address in PAGES.items()}


def test_every_page_is_in_one_of_these_lists():
    shown = _addresses(dict.fromkeys(["root", "long", "edited"], Message(pk=1))) | VISITORS
    tested = {resolve(address.partition("?")[0]).view_name for address in shown.values()}
    missing = {name for name, _ in views() if not name.startswith("admin:")} - tested - NO_PAGES

    assert not missing, f"add to PAGES, VISITORS or NO_PAGES in {__file__}: {missing}"
    assert not tested & NO_PAGES


def test_pages_have_no_accessibility_violations(open_browser, town, alice, accessibility_reports):
    found = {}
    hers, visitor = (open_browser(who) for who in (alice, None))
    for page, addresses in ((hers, _addresses(town)), (visitor, VISITORS)):
        for name, address in addresses.items():
            page.goto(address)
            found[name] = accessibility_reports(page, name)
    hers.goto("/chats/")
    hers.keyboard.press("?")
    found["keys"] = accessibility_reports(hers, "keys", whole=False)

    assert {name: reports for name, reports in found.items() if reports} == {}


def test_no_page_is_wider_than_320_pixels(open_browser, town, alice, picture):
    hers, too_wide = open_browser(alice, viewport={"width": 320, "height": 640}), {}
    for name, address in _addresses(town).items():
        hers.goto(address)
        picture(hers, f"{name}-320")
        width = hers.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            too_wide[name] = width

    assert too_wide == {}


def test_long_name_wraps_in_a_message(open_browser, write, member, alice):
    write(member("w" * 150), alice)
    hers = open_browser(alice, viewport={"width": 320, "height": 640})
    hers.goto(f"/chats/with/{'w' * 150}/")
    text_and_row = """who => { const text = document.createRange(); text.selectNodeContents(who);
      return [text, who.closest("li")].map(one => one.getBoundingClientRect().right) }"""
    text, row = hers.locator(".meta .who").evaluate(text_and_row)

    assert text <= row


def test_table_of_large_numbers_is_no_wider_than_320_pixels(open_browser, alice):
    hers = open_browser(alice, viewport={"width": 320, "height": 640})
    hers.goto("/chats/cache-test/")
    fill = "cells => cells.forEach(cell => cell.textContent = '1,234,567,890')"
    hers.locator("td.number").evaluate_all(fill)

    assert hers.evaluate("document.documentElement.scrollWidth") == 320


def test_pages_without_data_have_a_heading(open_browser, alice, picture):
    hers = open_browser(alice)
    for name in ("inbox", "unread", "threads", "notifications", "search", "query-lab"):
        hers.goto(PAGES[name].partition("?")[0])
        picture(hers, f"{name}-empty")
        expect(hers.get_by_role("heading", level=1)).to_be_visible()


def test_chosen_theme_is_kept_on_other_pages(open_browser, alice):
    hers = open_browser(alice, color_scheme="light")
    hers.goto("/chats/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = hers.evaluate(ground)
    hers.locator(".menu summary").click()
    for _ in range(2):
        hers.get_by_role("button", name="Appearance").click()
    expect(hers.get_by_role("button", name="Appearance: Dark")).to_be_visible()
    dark = hers.evaluate(ground)
    hers.goto("/chats/unread/")

    assert hers.evaluate(ground) == dark != light


def test_theme_is_stored_separately_from_that_of_the_admin(open_browser):
    page = open_browser()
    page.goto("/accounts/login/")
    switch = page.get_by_role("button", name="Appearance")
    for stored, shown in (
        ({"theme": "dark"}, "System"),
        ({"theme": "dark", "bobbin-theme": ""}, "System"),
        ({"theme": "light", "bobbin-theme": "dark"}, "Dark"),
        ({"theme": "light", "bobbin-theme": "__proto__"}, "System"),
    ):
        page.evaluate("stored => { localStorage.clear(); Object.assign(localStorage, stored) }", stored)
        page.reload()
        expect(switch, f"{stored}").to_have_text(f"Appearance: {shown}")
        switch.click()
        expect(switch, f"{stored}").not_to_have_text(f"Appearance: {shown}")
        assert page.evaluate("localStorage.theme") == stored["theme"]


def test_theme_switches_in_a_browser_without_storage(open_browser):
    page = open_browser()
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('off') }})")
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Appearance").click()

    expect(page.get_by_role("button", name="Appearance")).to_have_text("Appearance: Light")


def _sizes(page) -> dict[str, list[int]]:
    """Return lists that get the bytes of each response: of the page, and of the columns beside it."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    sizes, parts = {"page": [], **{part: [] for part in BESIDE}}, {}

    def begin(event) -> None:
        for part, (pattern, _) in BESIDE.items():
            if event["type"] != "Document" and pattern.search(event["request"]["url"]):
                parts[event["requestId"]] = part

    def end(event) -> None:
        sizes[parts.get(event["requestId"], "page")].append(event["encodedDataLength"])

    network.on("Network.requestWillBeSent", begin)
    network.on("Network.loadingFinished", end)
    return sizes


def test_first_visit_loads_few_bytes_and_does_not_shift(open_browser, town, alice):
    weights, shifts = {}, {}
    for name, address in _addresses(town).items():
        hers = open_browser(alice, viewport={"width": 1280, "height": 800})
        hers.context.add_init_script(SHIFTS)
        sizes = _sizes(hers)
        hers.goto(address)
        hers.wait_for_function(SETTLED)
        for column, shown in (("column", ".filter"), ("around", "#around .message")):
            if hers.locator(f"html.has-{column}").count():
                expect(hers.locator(shown).first).to_be_visible()
        hers.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        weights[name] = {part: sum(found) for part, found in sizes.items()}
        shifts[name] = sum(hers.evaluate("window.shifts"))
        hers.context.close()
    print(weights)
    whole = {name: sum(parts.values()) for name, parts in weights.items() if name != "long-thread"}
    most = {"page": MOST_BYTES} | {part: limit for part, (_, limit) in BESIDE.items()}

    assert {(name, part) for name in weights for part in most if weights[name][part] > most[part]} == set()
    assert {name: size for name, size in whole.items() if size > MOST_WITH_COLUMNS} == {}
    assert {name: shift for name, shift in shifts.items() if shift} == {}


def test_long_thread_loads_in_both_directions_without_a_jump(open_browser, town, alice):
    # Low, so that the link at the other end of the page is not near.
    hers, root = open_browser(alice, viewport={"width": 1180, "height": 400}), town["long"]
    middle = root.get_all_replies()[50]
    hers.goto(f"/chats/thread/{root.pk}/?at={middle.pk}#m{middle.pk}")
    rows = hers.locator("li.message")
    assert rows.count() == 50
    first = hers.locator(f"#{rows.first.get_attribute('id')}")
    before = hers.evaluate(
        "scrollTo(0, 200); document.querySelector('li.message').getBoundingClientRect().top"
    )
    expect(rows).to_have_count(76)
    assert abs(first.bounding_box()["y"] - before) < 2
    hers.evaluate("scrollTo(0, document.body.scrollHeight)")

    expect(rows).to_have_count(121)
    expect(hers.get_by_role("link", name="Later messages")).to_have_count(0)
    ids = [int(pk) for pk in rows.evaluate_all("rows => rows.map(row => row.id.slice(1))")]
    assert ids == sorted(ids)


def test_deep_replies_fold_and_unfold(open_browser, town, alice):
    hers = open_browser(alice)
    hers.goto(f"/chats/thread/{town['root'].pk}/?order=tree")
    deepest = hers.locator(".message:not(.is-unsent)", has_text="Answer number 9")
    expect(deepest).to_be_hidden()
    hers.get_by_role("button", name="Show 6 replies").click()

    expect(deepest).to_be_visible()
    expect(deepest.locator(".answers")).to_contain_text("In reply to")


def test_printed_thread_is_complete_and_dark_on_light(open_browser, town, alice, picture):
    hers = open_browser(alice, color_scheme="dark")
    hers.add_init_script("localStorage.setItem('theme', 'dark')")
    hers.goto(f"/chats/thread/{town['root'].pk}/?order=tree")
    expect(hers.locator(".message:not(.is-unsent)", has_text="Answer number 9")).to_be_hidden()
    hers.emulate_media(media="print")
    picture(hers, "thread-printed")

    expect(hers.locator(".message:not(.is-unsent)", has_text="Answer number 9")).to_be_visible()
    expect(hers.get_by_role("button")).to_have_count(0)
    ink = hers.locator(".content").first.evaluate("element => getComputedStyle(element).color")
    assert max(int(part) for part in re.findall(r"\d+", ink)) < 64


def test_addresses_in_a_message_are_links_and_markup_is_text(open_browser, town, alice):
    hers = open_browser(alice)
    hers.goto(f"/chats/thread/{town['root'].pk}/")
    content = hers.locator(".content", has_text="not bold")

    expect(content.locator("a")).to_have_attribute("rel", "noopener noreferrer nofollow ugc")
    assert content.locator("b").count() == 0
