"""Log-in throttling by client and by name.

Wrong passwords of one client never lock out another.
"""

import datetime

import pytest
from axes.models import AccessFailureLog
from django.test import Client
from django.utils import timezone

from accounts import login_throttling
from accounts.models import User

PASSWORD = "a-long-enough-1"
HERE, OTHER_PLACES = "203.0.113.10", "198.51.100.66"
LOG_IN, ADMIN, CHANGE, DELETE = (
    "/accounts/login/",
    "/admin/login/",
    "/accounts/password/",
    "/accounts/delete/",
)


@pytest.fixture(autouse=True)
def _behind_a_proxy(settings):
    settings.PROXY_COUNT = 1


@pytest.fixture
def anna(member):
    anna = member("Anna", is_staff=True)
    anna.set_password(PASSWORD)
    anna.save()
    return anna


def browser(address):
    return Client(HTTP_X_FORWARDED_FOR=address, REMOTE_ADDR="172.18.0.5")


def try_in(client, password="wrong", path=LOG_IN, name="Anna"):
    return client.post(path, {"username": name, "password": password}).status_code


def lock(address, path=LOG_IN):
    client = browser(address)
    return [try_in(client, path=path) for _ in range(5)]


def fail_from_many(count, minutes_ago=0, name="anna"):
    then = timezone.now() - datetime.timedelta(minutes=minutes_ago)
    made = AccessFailureLog.objects.bulk_create(
        AccessFailureLog(username=name, ip_address=f"10.0.{n // 250}.{n % 250}", user_agent="")
        for n in range(count)
    )
    AccessFailureLog.objects.filter(pk__in=[row.pk for row in made]).update(attempt_time=then)


def known_browser(address):
    client = browser(address)
    assert try_in(client, PASSWORD) == 302
    client.post("/accounts/logout/")
    return client


@pytest.mark.parametrize("path", [LOG_IN, ADMIN])
@pytest.mark.parametrize("own", [HERE, "2001:db8::5", "8.8.4.4"])
def test_wrong_passwords_of_other_clients_do_not_lock_the_member_out(anna, path, own):
    assert lock(OTHER_PLACES, path) == [200, 200, 200, 200, 429]
    assert try_in(browser(OTHER_PLACES), PASSWORD, path) == 429
    assert try_in(browser(own), PASSWORD, path) == 302


def test_wrong_passwords_of_other_clients_do_not_prevent_deleting_the_account(anna):
    client = browser(HERE)
    try_in(client, PASSWORD)
    lock(OTHER_PLACES)

    assert client.post(DELETE, {"password": PASSWORD}).status_code == 200


def test_known_browser_logs_in_from_a_locked_address(anna):
    client = known_browser(HERE)
    lock(HERE)

    assert try_in(browser(HERE), PASSWORD) == 429
    assert try_in(client, PASSWORD) == 302


def test_browser_stays_known_after_a_rotation_of_the_secret_key(anna, settings):
    client = known_browser(HERE)
    lock(HERE)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 64, [settings.SECRET_KEY]

    assert try_in(client, PASSWORD) == 302
    client.post("/accounts/logout/")
    settings.SECRET_KEY_FALLBACKS = []
    assert try_in(client, PASSWORD) == 302


def test_known_browser_has_limited_tries_too(anna):
    client = known_browser(HERE)

    assert [try_in(client) for _ in range(5)] == [200, 200, 200, 200, 429]
    assert try_in(client, PASSWORD) == 429
    assert try_in(browser(HERE), PASSWORD) == 302


def test_device_cookie_is_httponly_signed_and_of_one_account(anna, member):
    other = member("other")
    other.set_password(PASSWORD)
    other.save()
    client = known_browser(HERE)
    cookie = client.cookies["device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == 60 * 60 * 24 * 365

    guesser = browser(HERE)
    assert [try_in(guesser, name="other") for _ in range(5)][-1] == 429
    assert try_in(client, PASSWORD, name="other") == 429
    assert try_in(client, PASSWORD) == 302


@pytest.mark.parametrize("change", [lambda value: value[:-1] + "x", lambda value: "x", lambda value: "\0"])
def test_forged_device_cookie_is_ignored(anna, change):
    client = known_browser(HERE)
    client.cookies["device"] = change(client.cookies["device"].value)
    lock(HERE)

    assert try_in(client, PASSWORD) == 429


def test_device_cookie_becomes_invalid_with_a_new_password(anna):
    client = known_browser(HERE)
    anna.set_password("another-long-one-2")
    anna.save()
    lock(HERE)

    assert try_in(client, "another-long-one-2") == 429


def test_device_cookie_is_renewed_by_the_browser_that_changes_the_password(anna):
    client = browser(HERE)
    try_in(client, PASSWORD)
    new = "another-long-one-2"
    client.post(CHANGE, {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    client.post("/accounts/logout/")
    lock(HERE)

    assert try_in(client, new) == 302


def test_one_browser_is_known_to_several_members(anna, member):
    for number in range(3):
        other = member(f"other{number}")
        other.set_password(PASSWORD)
        other.save()
    client = browser(HERE)
    for name in ["Anna", "other0", "other1", "other2"]:
        assert try_in(client, PASSWORD, name=name) == 302
        client.post("/accounts/logout/")
    lock(HERE)

    assert try_in(client, PASSWORD) == 302


def test_tries_during_a_lock_do_not_prolong_it(anna):
    lock(OTHER_PLACES)
    AccessFailureLog.objects.update(attempt_time=timezone.now() - login_throttling.CLIENT_PERIOD * 0.99)
    client = browser(OTHER_PLACES)
    assert [try_in(client) for _ in range(3)] == [429] * 3
    assert AccessFailureLog.objects.count() == 5

    AccessFailureLog.objects.update(attempt_time=timezone.now() - login_throttling.CLIENT_PERIOD)
    assert try_in(client, PASSWORD) == 302


def test_lock_says_how_long_it_lasts(anna):
    lock(OTHER_PLACES)
    AccessFailureLog.objects.update(attempt_time=timezone.now() - datetime.timedelta(minutes=5, seconds=30))
    response = browser(OTHER_PLACES).post(LOG_IN, {"username": "Anna", "password": PASSWORD})

    assert 560 <= int(response.headers["Retry-After"]) <= 570
    assert "Too many attempts" in response.content.decode()
    assert "Try again in 10 minutes." in response.content.decode()


def test_name_attacked_from_many_addresses_leaves_each_other_address_one_attempt(anna):
    client = known_browser(HERE)
    fail_from_many(50, minutes_ago=40)

    assert try_in(browser(OTHER_PLACES), PASSWORD) == 302
    assert [try_in(browser("192.0.2.1")) for _ in range(2)] == [429, 429]
    assert try_in(browser("192.0.2.1"), PASSWORD) == 429
    assert try_in(client, PASSWORD) == 302
    client.post("/accounts/logout/")
    assert try_in(client) == 200


def test_name_limit_ends_after_an_hour(anna):
    fail_from_many(50, minutes_ago=61)

    assert lock(OTHER_PLACES) == [200, 200, 200, 200, 429]


def test_addresses_of_one_ipv6_network_are_one_client(anna):
    answers = [try_in(browser(f"2001:db8:2:0:{n}::1")) for n in range(1, 6)]

    assert answers == [200, 200, 200, 200, 429]
    assert try_in(browser("2001:db8:2:1::1")) == 200
    assert {str(row.ip_address) for row in AccessFailureLog.objects.all()} == {
        "2001:db8:2::",
        "2001:db8:2:1::",
    }


def test_same_client_by_ipv4_and_by_mapped_ipv6_is_counted_once(anna):
    answers = [try_in(browser(a)) for a in ["8.8.8.8", "::ffff:8.8.8.8", "8.8.8.8:99", "[::ffff:808:808]:1"]]

    assert [*answers, try_in(browser("8.8.8.8"))] == [200, 200, 200, 200, 429]


@pytest.mark.parametrize("path", [CHANGE, DELETE])
def test_wrong_passwords_while_logged_in_are_throttled(anna, path):
    client = browser(HERE)
    try_in(client, PASSWORD)
    del client.cookies["device"]
    new = {"new_password1": "another-long-one-2", "new_password2": "another-long-one-2"}
    form = {"password": "wrong", "old_password": "wrong"} | new
    answers = [client.post(path, form).status_code for _ in range(12)]

    assert answers[4:] == [429] * 8
    right = form | {"password": PASSWORD, "old_password": PASSWORD}
    assert client.post(path, right).status_code == 429
    assert User.objects.get().check_password(PASSWORD)
    assert try_in(browser(HERE)) == 429


def test_log_in_with_a_name_longer_than_the_column_is_answered(db):
    """The key of this letter has 18 characters."""
    assert try_in(browser(HERE), name="\ufdfa" * 33) == 200


def test_a_log_in_deletes_only_its_own_failures_and_expired_ones(anna):
    try_in(browser(HERE))
    try_in(browser(OTHER_PLACES))
    fail_from_many(3, minutes_ago=61)
    try_in(browser(HERE), PASSWORD)

    assert [str(row.ip_address) for row in AccessFailureLog.objects.all()] == [OTHER_PLACES]


def test_log_shows_the_address_that_is_throttled(client, settings, caplog):
    with caplog.at_level("INFO"):
        client.get(
            LOG_IN,
            REMOTE_ADDR="172.18.0.5",
            HTTP_X_FORWARDED_FOR="6.6.6.6, 10.0.0.5",
            HTTP_X_REAL_IP="7.7.7.7",
            HTTP_CLIENT_IP="8.8.8.8",
            HTTP_CF_CONNECTING_IP="9.9.9.9",
        )

    addresses = {record.msg["ip"] for record in caplog.records if "ip" in getattr(record, "msg", {})}
    assert addresses == {"10.0.0.5"}
