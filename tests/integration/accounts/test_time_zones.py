"""The time zone of the times that the server shows: chosen by a member, or else that of the site."""

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.time_zones import known_zones

pytestmark = pytest.mark.django_db(transaction=True)

CHOICE = "/accounts/time-zone/"
CONVERSATION = "/chats/with/{}/"
TIME = re.compile(r"<time[^>]*>([^<]+)</time>")
CLOCK = re.compile(r'href="/chats/message/\d+/"><time[^>]*>([^<]+)</time>')
DAY = re.compile(r'<li class="separator"><h2><time[^>]*>([^<]+)</time>')
KOLKATA, ST_JOHNS = "Asia/Kolkata", "America/St_Johns"


@pytest.fixture
def reader(browser_of):
    """Return a function that returns the browser of a member who has chosen a zone."""

    def choose(user, zone):
        browser = browser_of(user)
        assert browser.post(CHOICE, {"time_zone": zone}).status_code == 302
        return browser

    return choose


@pytest.fixture
def messages(write, alice, bob):
    """Return a function that writes messages at these times of UTC, which alice and bob have read."""

    def make(*times):
        for at in times:
            write(alice, bob, f"at {at}", timestamp=datetime.fromisoformat(at).replace(tzinfo=UTC), read=True)

    return make


def _page(browser, address) -> str:
    return browser.get(address, follow=True).content.decode()


def _days_and_clocks(browser, name) -> tuple[list[str], list[str]]:
    page = _page(browser, CONVERSATION.format(name))
    return DAY.findall(page), CLOCK.findall(page)


def test_day_ends_at_midnight_of_the_chosen_zone(reader, messages, alice):
    messages("2026-03-07T18:29:59", "2026-03-07T18:30:00", "2026-03-08T01:00:00")
    days, clocks = _days_and_clocks(reader(alice, KOLKATA), "bob")

    assert days == ["Saturday, 7 March 2026", "Sunday, 8 March 2026"]
    assert clocks == ["23:59 IST", "00:00 IST", "06:30 IST"]


def test_clock_goes_back_with_the_chosen_zone(reader, messages, bob):
    messages("2026-11-01T02:29:00", "2026-11-01T04:29:00", "2026-11-01T04:31:00", "2026-11-02T03:29:00")
    days, clocks = _days_and_clocks(reader(bob, ST_JOHNS), "alice")

    assert days == ["Saturday, 31 October 2026", "Sunday, 1 November 2026"]
    assert clocks == ["23:59 NDT", "01:59 NDT", "01:01 NST", "23:59 NST"]


def test_zone_without_an_abbreviation_is_named_by_its_offset(reader, messages, alice):
    messages("2026-03-07T12:00:00")

    assert _days_and_clocks(reader(alice, "America/Sao_Paulo"), "bob")[1] == ["09:00 UTC-03"]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
@pytest.mark.parametrize("zone", [KOLKATA, ST_JOHNS])
def test_first_and_last_times_are_shown(reader, messages, alice, time, zone):
    messages(time)

    assert len(_days_and_clocks(reader(alice, zone), "bob")[1]) == 1


def test_every_page_has_the_chosen_zone(reader, write, alice, bob):
    at = datetime(2026, 10, 28, 23, 30, tzinfo=UTC)
    message = write(alice, bob, "told before", timestamp=at)
    message.edit("told", by=alice)
    message.history.update(edited_at=at)
    bob.notifications.update(created_at=at)
    User.objects.update(date_joined=at)
    his = reader(bob, KOLKATA)
    for address in ("/chats/", "/chats/unread/", "/chats/notifications/", "/chats/search/?q=told",
                    f"/chats/message/{message.pk}/history/", f"/chats/message/{message.pk}/reply/",
                    "/accounts/", f"/chats/thread/{message.pk}/", "/chats/with/alice/"):  # fmt: skip
        page = _page(his, address)
        times = TIME.findall(page)
        assert times, address
        assert all(re.search("29 Oct.* IST|^05:00 IST$|29 October 2026", time) for time in times), times
        assert page.count('datetime="2026-10-28T23:30:00Z"') == len(times), address
        titles = re.findall('<time[^>]*title="([^"]*)"', page)
        assert all(title == "29 October 2026, 05:00:00 IST" for title in titles), titles


def test_readers_of_one_conversation_never_get_the_zone_of_one_another(
    reader, browser_of, messages, alice, bob, member
):
    messages("2026-03-07T20:00:00")
    readers = {
        "01:30 IST": (reader(alice, KOLKATA), "bob"),
        "16:30 NST": (reader(bob, ST_JOHNS), "alice"),
        "20:00 UTC": (browser_of(member("zoe")), ""),
    }
    for _ in range(4):  # Made, stored, and answered before the rest of Django.
        for clock, (browser, name) in readers.items():
            page = _page(browser, CONVERSATION.format(name) if name else "/chats/")
            assert CLOCK.findall(page) == ([clock] if name else [])
            inbox = _page(browser, "/chats/")
            assert [text[-9:] for text in TIME.findall(inbox)] == ([clock] if name else [])


def test_pages_are_made_again_after_a_change_of_the_zone(reader, messages, alice):
    """Also the rows that this process keeps, and the version that a script sends."""
    messages("2026-03-07T20:00:00")
    hers, versions = reader(alice, ""), set()
    for zone, clock in (
        ("", "20:00 UTC"),
        (KOLKATA, "01:30 IST"),
        (ST_JOHNS, "16:30 NST"),
        ("", "20:00 UTC"),
    ):
        hers.post(CHOICE, {"time_zone": zone})
        for _ in range(3):
            assert _days_and_clocks(hers, "bob")[1] == [clock]
            assert TIME.findall(_page(hers, "/chats/"))[0].endswith(clock)
        versions.add(re.search('data-version="([^"]+)"', _page(hers, "/chats/with/bob/"))[1])
    assert len(versions) == 3


def test_choice_is_one_of_the_account(reader, browser_of, messages, alice):
    messages("2026-03-07T20:00:00")
    other = browser_of(alice)
    assert _days_and_clocks(other, "bob")[1] == ["20:00 UTC"]
    reader(alice, KOLKATA)

    assert User.objects.get(pk=alice.pk).time_zone == KOLKATA
    assert _days_and_clocks(other, "bob")[1] == ["01:30 IST"]


@pytest.mark.parametrize("stored", ["", "Europe/Atlantis", "../../etc/passwd", "Europe", "x" * 64])
def test_member_without_a_known_zone_gets_that_of_the_site(browser_of, messages, alice, settings, stored):
    settings.SITE_TIME_ZONE = "Europe/Berlin"
    User.objects.filter(pk=alice.pk).update(time_zone=stored)
    messages("2026-07-01T23:00:00")
    hers = browser_of(alice)

    assert _days_and_clocks(hers, "bob") == (["Thursday, 2 July 2026"], ["01:00 CEST"])
    assert "selected" not in _page(hers, CHOICE)
    assert "(Europe/Berlin)</option>" in _page(hers, CHOICE)


@pytest.mark.parametrize(
    "wrong", ["Europe/Atlantis", "../../etc/passwd", "/etc/localtime", "Europe", "europe/berlin", "\0",
              "Europe/Berlin\0", "x" * 65, "x" * 100_000, "\N{BULLET}", "<b>", None]
)  # fmt: skip
def test_unknown_zone_is_refused(reader, alice, wrong):
    hers = reader(alice, KOLKATA)
    response = hers.post(CHOICE, {} if wrong is None else {"time_zone": wrong})

    assert response.status_code in {400, 422}
    assert User.objects.get(pk=alice.pk).time_zone == KOLKATA
    if wrong and "\0" not in wrong:
        assert b'role="alert"' in response.content
        assert f"{wrong}<" not in response.content.decode()


@pytest.mark.parametrize(
    "zone", [KOLKATA, "America/Argentina/Buenos_Aires", "Asia/Calcutta", "UTC", "US/Pacific"]
)
def test_chosen_zone_is_selected(reader, alice, zone):
    """Also one that is not in the list: browsers report names of former times."""
    page = _page(reader(alice, zone), CHOICE)

    selected = re.findall(r'<option(?: value="([^"]+)")? selected>([^<]+)', page)
    assert [value or text for value, text in selected] == [zone]


@pytest.mark.parametrize("zone", [KOLKATA, ""])
def test_settings_say_once_that_the_zone_is_saved(reader, alice, zone):
    hers = reader(alice, zone)
    pages = [_page(hers, "/accounts/") for _ in range(2)]

    assert ["Your time zone is saved." in page for page in pages] == [True, False]


def test_list_has_the_zones_of_each_area_once(reader, alice):
    page = _page(reader(alice, ""), CHOICE)
    listed = re.findall(r'<option value="([^"]+)"', page)

    assert len(set(listed)) == len(listed) > 400
    assert set(listed) < known_zones()
    assert re.findall('<optgroup label="([^"]+)"', page)[4] == "Asia"


def test_thread_has_no_zone_after_a_request(reader, alice):
    reader(alice, KOLKATA).get("/chats/")

    assert timezone.get_current_timezone_name() == "UTC"


def test_search_takes_days_of_the_chosen_zone(reader, messages, alice):
    messages("2026-03-07T18:29:59", "2026-03-07T18:30:00")
    hers = reader(alice, KOLKATA)
    for search, found in (
        ("after:2026-03-08", ["8 Mar 2026, 00:00 IST"]),
        ("before:2026-03-08", ["7 Mar 2026, 23:59 IST"]),
    ):
        page = _page(hers, f"/chats/search/?q={search}")
        assert TIME.findall(page) == found
        assert page.count(KOLKATA) == 3
    for day in ("0001-01-01", "9999-12-31"):
        assert hers.get(f"/chats/search/?q=after:{day}").status_code == 200


def test_visitors_cannot_choose_a_zone(client):
    assert client.get(CHOICE)["Location"] == f"/accounts/login/?next={CHOICE}"
