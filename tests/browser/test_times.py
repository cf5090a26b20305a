"""Pages show times in the time zone, language and calendar of the browser."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

DESCRIBE = """async ([at, now]) => {
  const { describe, formats } = await import(document.querySelector('link[href*="chats/times"]').href);
  return describe(new Date(at), new Date(now), formats());
}"""
# Time zone and language, then: local time of the message, local time of the reader, expected text.
SAID = {
    "UTC en-GB": [
        ("2026-11-23T10:00", "2026-11-25T09:00", "2 days ago"),  # 47 hours.
        ("2026-11-25T09:00", "2026-11-25T09:00:59", "just now"),
        ("2026-11-25T09:00:30", "2026-11-25T09:00", "just now"),
        ("2026-11-25T09:02", "2026-11-25T09:00", "25 Nov 2026, 09:02 UTC"),
        ("2027-11-25T09:00", "2026-11-25T09:00", "25 Nov 2027, 09:00 UTC"),
        ("2026-11-25T23:50", "2026-11-26T00:30", "40 minutes ago"),
        ("2026-11-25T22:50", "2026-11-26T00:30", "yesterday"),
        ("2026-11-25T00:01", "2026-11-25T23:59", "23 hours ago"),
        ("2026-11-19T00:01", "2026-11-25T23:59", "6 days ago"),
        ("2026-11-18T23:59", "2026-11-25T00:01", "18 Nov 2026, 23:59 UTC"),
        ("2027-01-01T00:30", "2027-01-02T09:00", "yesterday"),
        ("2028-02-28T12:00", "2028-03-01T09:00", "2 days ago"),
        ("2026-11-25T09:00", "2026-11-25T09:01:59", "1 minute ago"),
        ("2026-11-25T09:00", "2026-11-25T09:59:59", "59 minutes ago"),
    ],
    # Aliases of UTC; Firefox reports Reykjavik when it hides the time zone of the user.
    "Etc/Zulu en-GB": [("2026-07-01T10:00", "2026-11-25T09:00", "1 Jul 2026, 10:00 UTC")],
    "Atlantic/Reykjavik en-GB": [("2026-07-01T10:00", "2026-11-25T09:00", "1 Jul 2026, 10:00 UTC")],
    "GMT en-GB": [("2026-07-01T10:00", "2026-11-25T09:00", "1 Jul 2026, 10:00 UTC")],
    "Europe/London en-GB": [
        ("2026-11-10T10:00", "2026-11-25T09:00", "10 Nov 2026, 10:00"),
        ("2026-10-24T12:00", "2026-10-26T09:00", "2 days ago"),  # Midnight is at 23:00 UTC, then at 0:00 UTC.
        ("2026-03-28T12:00", "2026-03-30T09:00", "2 days ago"),
    ],
    "Europe/Berlin en-GB": [
        ("2026-11-23T21:00", "2026-11-25T03:00", "2 days ago"),
        ("2026-10-28T23:00", "2026-11-25T09:00", "28 Oct 2026, 23:00"),
        ("2026-10-24T23:30", "2026-10-26T00:30", "2 days ago"),  # 26 hours, since the day between has 25.
        ("2026-03-28T23:30", "2026-03-30T00:15", "2 days ago"),  # 23.75 hours.
        ("2026-03-29T01:30", "2026-03-29T03:30", "1 hour ago"),
    ],
    "America/New_York en-US": [
        ("2026-11-10T21:05", "2026-11-25T09:00", "Nov 10, 2026, 9:05 PM"),
        ("2026-10-31T23:30", "2026-11-01T23:15", "yesterday"),  # 24.75 hours.
        ("2026-11-25T20:30", "2026-11-26T06:00", "yesterday"),
    ],
    "Asia/Kolkata de-DE": [
        ("2026-11-23T10:00", "2026-11-25T09:00", "vorgestern"),
        ("2026-11-25T09:00", "2026-11-25T09:00:10", "jetzt"),
        ("2026-11-01T00:15", "2026-11-25T09:00", "01.11.2026, 00:15"),
    ],
    "Pacific/Auckland ja-JP": [("2026-11-24T23:00", "2026-11-25T09:00", "昨日")],
}  # fmt: skip


@pytest.mark.parametrize("where", SAID)
def test_time_is_correct_in_each_zone_and_language(open_browser, where):
    zone, language = where.split()
    page = open_browser(timezone_id=zone, locale=language)
    page.goto("/accounts/login/")
    local = ZoneInfo(zone)

    def said(*times: str) -> str:
        return page.evaluate(
            DESCRIBE, [datetime.fromisoformat(t).replace(tzinfo=local).isoformat() for t in times]
        )

    wrong = {(at, now): said(at, now) for at, now, expected in SAID[where] if said(at, now) != expected}
    assert wrong == {}


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
        assert all("29 Oct" in text and "UTC" not in text for text in times.all_inner_texts()), address
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
        assert all("28 Oct" in text and "UTC" in text for text in texts), (address, texts)


def test_time_in_another_language_than_the_page_has_a_lang_attribute(open_browser, evening_message, bob):
    his = open_browser(bob, timezone_id="Europe/Berlin", locale="de-DE")
    his.goto(f"/chats/thread/{evening_message.pk}/")
    time = his.locator(".meta time")

    expect(time).to_have_text("29.10.2026, 00:30")
    expect(time).to_have_attribute("lang", "de-DE")
    expect(time).to_have_attribute("dir", "auto")
    expect(time).to_have_attribute("title", "29. Oktober 2026 um 00:30:00 MEZ")


def test_times_on_an_open_page_are_updated(open_browser, evening_message, bob):
    """The clock runs past midnight and past the seventh day."""
    his = open_browser(bob, timezone_id="Europe/Berlin")
    his.clock.install(time=evening_message.timestamp - timedelta(hours=1))
    his.goto(f"/chats/thread/{evening_message.pk}/")
    time = his.locator(".meta time")
    expect(time).to_have_text("29 Oct 2026, 00:30")
    for hours, text in ((2, "1 hour ago"), (22, "23 hours ago"), (1, "yesterday"), (24, "2 days ago"),
                        (96, "6 days ago"), (24, "29 Oct 2026, 00:30")):  # fmt: skip
        his.clock.fast_forward(timedelta(hours=hours).total_seconds() * 1000)
        expect(time).to_have_text(text)
