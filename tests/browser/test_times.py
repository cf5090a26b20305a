"""Pages show times in the time zone of the browser, and in the language of the page."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

DESCRIBE = """async ([at, now, kind]) => {
  const { describe, formats } = await import(document.querySelector('link[href*="chats/times"]').href);
  return describe(new Date(at), new Date(now), formats(), kind).replace("\u202f", " ");
}"""
# Time zone and language, then: kind of the time, its local time, local time of the reader, expected text.
SAID = {
    "UTC en-GB": [
        ("row", "2026-11-25T00:01", "2026-11-25T23:59", "00:01 UTC"),
        ("row", "2026-11-24T23:59", "2026-11-25T00:01", "Tue"),
        ("row", "2026-11-19T00:01", "2026-11-25T23:59", "Thu"),
        ("row", "2026-11-18T23:59", "2026-11-25T00:01", "18 Nov"),
        ("row", "2025-11-25T09:00", "2026-11-25T09:00", "25 Nov 2025"),
        ("row", "2026-11-26T00:01", "2026-11-25T23:59", "26 Nov"),
        ("text", "2026-11-24T23:59", "2026-11-25T00:01", "Tue 23:59 UTC"),
        ("text", "2026-11-18T23:59", "2026-11-25T00:01", "18 Nov 2026, 23:59 UTC"),
        ("clock", "2026-11-18T23:59", "2026-11-25T00:01", "23:59 UTC"),
        ("day", "2026-11-25T00:01", "2026-11-25T23:59", "Today"),
        ("day", "2026-11-24T23:59", "2026-11-25T00:01", "Yesterday"),
        ("day", "2026-11-23T10:00", "2026-11-25T09:00", "Monday 23 November"),
        ("day", "2026-11-26T00:00", "2026-11-25T23:59", "Thursday 26 November"),
        ("day", "2025-11-25T09:00", "2026-11-25T09:00", "Tuesday, 25 November 2025"),
        ("day", "2027-01-01T00:30", "2027-01-02T09:00", "Yesterday"),
    ],
    # Aliases of UTC; Firefox reports Reykjavik when it hides the time zone of the user.
    "Etc/Zulu en-GB": [("clock", "2026-07-01T10:00", "2026-11-25T09:00", "10:00 UTC")],
    "Atlantic/Reykjavik en-GB": [("clock", "2026-07-01T10:00", "2026-11-25T09:00", "10:00 UTC")],
    "GMT en-GB": [("clock", "2026-07-01T10:00", "2026-11-25T09:00", "10:00 UTC")],
    "Europe/London en-GB": [
        ("clock", "2026-11-10T10:00", "2026-11-25T09:00", "10:00"),
        ("day", "2026-10-25T00:30", "2026-10-26T23:45", "Yesterday"),  # 48.25 hours: the day has 25.
        ("day", "2026-03-28T12:00", "2026-03-30T09:00", "Saturday 28 March"),
    ],
    "Europe/Berlin en-GB": [
        ("row", "2026-11-23T21:00", "2026-11-25T03:00", "Mon"),
        ("text", "2026-10-28T23:00", "2026-11-25T09:00", "28 Oct 2026, 23:00"),
        ("day", "2026-03-28T23:30", "2026-03-29T23:00", "Yesterday"),  # 22.5 hours: the day has 23.
    ],
    "America/New_York en-US": [
        ("text", "2026-11-10T21:05", "2026-11-25T09:00", "Nov 10, 2026, 9:05 PM"),
        ("row", "2026-11-25T20:30", "2026-11-26T06:00", "Wed"),
        ("row", "2026-11-10T20:30", "2026-11-26T06:00", "Nov 10"),
        ("clock", "2026-11-25T20:30", "2026-11-26T06:00", "8:30 PM"),
    ],
    "Asia/Kolkata de-DE": [
        ("day", "2026-11-24T10:00", "2026-11-25T09:00", "Gestern"),
        ("row", "2026-11-23T10:00", "2026-11-25T09:00", "Mo"),
        ("text", "2026-11-01T00:15", "2026-11-25T09:00", "01.11.2026, 00:15"),
    ],
    "Africa/Cairo ar-EG": [("day", "2026-11-24T10:00", "2026-11-25T09:00", "أمس")],
    # No page is in Japanese.
    "Pacific/Auckland ja-JP": [("day", "2026-11-24T23:00", "2026-11-25T09:00", "Yesterday")],
}  # fmt: skip


@pytest.mark.parametrize("where", SAID)
def test_time_is_correct_in_each_zone_and_language(open_browser, where):
    zone, language = where.split()
    page = open_browser(timezone_id=zone, locale=language)
    page.goto("/accounts/login/")
    local = ZoneInfo(zone)

    def said(kind: str, *times: str) -> str:
        iso = [datetime.fromisoformat(time).replace(tzinfo=local).isoformat() for time in times]
        return page.evaluate(DESCRIBE, [*iso, kind])

    shown = {(kind, at, now): (said(kind, at, now), text) for kind, at, now, text in SAID[where]}
    assert {key: texts for key, texts in shown.items() if texts[0] != texts[1]} == {}


@pytest.fixture
def evening_message(write, alice, bob):
    """Create a message and its edit at 23:30 UTC, which is the next day in Berlin."""
    at = datetime(2026, 10, 28, 23, 30, tzinfo=ZoneInfo("UTC"))
    message = write(alice, bob, "told before", timestamp=at)
    message.edit("told", by=alice)
    message.history.update(edited_at=at)
    alice.notifications.update(created_at=at)
    bob.notifications.update(created_at=at)
    type(bob).objects.update(date_joined=at)
    return message


PAGES = (
    "/chats/",
    "/chats/unread/",
    "/chats/notifications/",
    "/chats/search/?q=told",
    "/accounts/",
    "/chats/message/{}/history/",
    "/chats/message/{}/reply/",
    "/chats/thread/{}/",
    "/chats/with/alice/",
)


def test_time_on_every_page_is_local(open_browser, evening_message, bob):
    his = open_browser(bob, timezone_id="Europe/Berlin")
    for address in PAGES:
        his.goto(address.format(evening_message.pk))
        times = his.locator("time")
        assert times.count(), address
        texts = times.all_inner_texts()
        # In a conversation, the separator has the day, and the rows below it have clock times.
        assert all(re.search(r"29 Oct|00:30", text) and "UTC" not in text for text in texts), address
        assert any("29 Oct" in text for text in texts), address
        assert all("CET" in time.get_attribute("title") for time in times.all()), address


def test_time_without_javascript_is_utc_on_every_page(open_browser, evening_message, bob):
    his = open_browser(bob, java_script_enabled=False, timezone_id="Europe/Berlin")
    # Without this cookie, the first page with a new message redirects a browser without JavaScript.
    his.goto("/chats/")
    his.context.add_cookies([{"name": "script", "value": "no", "url": his.url}])
    for address in PAGES:
        his.goto(address.format(evening_message.pk))
        texts = his.locator("time").all_inner_texts()
        assert texts, address
        is_in_utc = [("28 Oct" in text and "UTC" in text) or text == "23:30 UTC" for text in texts]
        has_separator = "with" in address or "thread" in address
        assert all(is_in_utc[1:] if has_separator else is_in_utc), (address, texts)
        assert any("28 Oct" in text for text in texts), (address, texts)


def test_time_without_javascript_has_the_chosen_zone_and_day(open_browser, evening_message, bob):
    his = open_browser(bob, java_script_enabled=False)
    his.goto("/accounts/")
    his.get_by_role("link", name="Choose a time zone").click()
    his.get_by_label("Time zone").select_option("Kolkata")
    his.get_by_role("button", name="Save").click()
    his.goto(f"/chats/with/alice/?at={evening_message.pk}")
    expect(his.locator(".separator:not(.new) time")).to_have_text("Thursday, 29 October 2026")
    expect(his.locator(".meta time")).to_have_text("05:00 IST")


def test_script_offers_the_zone_of_the_browser_and_sends_nothing(open_browser, bob):
    """Chromium reports the zone of Kolkata by its earlier name."""
    his = open_browser(bob, timezone_id="Asia/Kolkata")
    his.goto("/accounts/time-zone/")
    sent = []
    his.on("request", lambda request: sent.append(request.method))
    his.get_by_role("button", name="Use the time zone of this browser").click()
    assert "POST" not in sent
    with his.expect_navigation(url="**/accounts/"):
        his.get_by_role("button", name="Save").click()
    bob.refresh_from_db()
    assert bob.time_zone in {"Asia/Kolkata", "Asia/Calcutta"}


def test_time_has_the_language_of_the_page(open_browser, evening_message, bob):
    his = open_browser(bob, timezone_id="Europe/Berlin", locale="de-DE")
    his.goto(f"/chats/thread/{evening_message.pk}/")
    time = his.locator(".meta time")
    expect(time).to_have_text("00:30")
    expect(time).to_have_attribute("title", "29. Oktober 2026 um 00:30:00 MEZ")
    his.context.add_cookies([{"name": "language", "value": "en", "url": his.url}])
    his.reload()
    expect(time).to_have_text("12:30 AM")


def test_times_on_an_open_page_are_updated(open_browser, evening_message, bob):
    """The clock runs past midnight and past the seventh day."""
    his = open_browser(bob, timezone_id="Europe/Berlin")
    his.clock.install(time=evening_message.timestamp)
    his.goto("/chats/with/alice/")
    day = his.locator(".separator:not(.new) time")
    expect(day).to_have_text("Today")
    for hours, text in ((23, "Today"), (1, "Yesterday"), (24, "Thursday 29 October")):
        his.clock.fast_forward(timedelta(hours=hours).total_seconds() * 1000)
        expect(day).to_have_text(text)
