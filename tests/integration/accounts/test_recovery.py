"""Recovery links, by which a member who has lost the password chooses a new one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from axes.models import AccessFailureLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client

from accounts import recovery
from accounts.login_throttling import NAME_LIMIT
from accounts.models import Session, User
from accounts.recovery import recovery_link

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = "a-long-enough-1", "b-long-enough-2"
AT_ONCE = 20


@pytest.fixture
def anna(member):
    anna = member("Anna")
    anna.set_password(OLD)
    anna.save()
    return anna


@pytest.fixture
def root(member):
    return member("root", is_staff=True, is_superuser=True)


def opened(link, browser=None):
    """Follow a link. Return the browser, and the response with the form."""
    browser = browser or Client()
    return browser, browser.get(link, follow=True)


def choose(link, password=NEW, browser=None, repeated=None):
    """Follow a link, choose a password, and return the last response."""
    browser, page = opened(link, browser)
    form = {"new_password1": password, "new_password2": password if repeated is None else repeated}
    return browser.post(page.request["PATH_INFO"], form)


def log_in(password, browser=None, **more):
    return (browser or Client()).post("/accounts/login/", {"username": "anna", "password": password}, **more)


def test_member_chooses_a_new_password_by_a_link(anna):
    response = choose(recovery_link(anna))

    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/")
    assert log_in(OLD).status_code == 200
    assert log_in(NEW).status_code == 302


def test_form_names_the_account_and_its_url_has_no_token(anna):
    link = recovery_link(anna)
    _, page = opened(link)
    text = page.content.decode()

    assert page.status_code == 200
    assert page.redirect_chain == [(f"/accounts/recover/{anna.pk}/form/", 302)]
    assert link.split("/")[-2] not in text
    assert '<input type="text" autocomplete="username" value="Anna" hidden readonly>' in text
    assert "no-store" in page.headers["Cache-Control"]


def test_recovery_ends_all_sessions(anna, browser_of):
    others = [browser_of(anna), browser_of(anna)]
    browser = browser_of(anna)
    choose(recovery_link(anna), browser=browser)

    assert not Session.objects.filter(user=anna).exists()
    assert [one.get("/chats/").status_code for one in (*others, browser)] == [302] * 3


def test_recovery_logs_out_another_member_of_the_browser(anna, bob, browser_of):
    browser = browser_of(bob)
    choose(recovery_link(anna), browser=browser)

    assert browser.get("/chats/").status_code == 302
    assert Session.objects.filter(user=bob).count() == 0


def test_refused_password_keeps_the_link(anna):
    link = recovery_link(anna)
    for password, repeated, said in (
        ("short", "short", "too short"),
        (NEW, OLD, "match"),
        ("anna", "anna", "similar"),
    ):
        response = choose(link, password, repeated=repeated)
        assert response.status_code == 422
        assert said in response.content.decode()

    assert choose(link).status_code == 302


def _used(anna, link):
    choose(link)


def _logged_in(anna, link):
    assert log_in(OLD).status_code == 302


def _deactivated(anna, link):
    User.objects.filter(pk=anna.pk).update(is_active=False)


def _erased(anna, link):
    anna.delete()


def _new_password(anna, link):
    anna.set_password("c-long-enough-3")
    anna.save()


@pytest.mark.parametrize("end", [_used, _logged_in, _deactivated, _erased, _new_password])
@pytest.mark.parametrize("is_open", [False, True])
def test_link_that_has_ended_is_refused(anna, end, is_open):
    """Also if its form was opened before."""
    link = recovery_link(anna)
    browser = opened(link)[0] if is_open else Client()
    end(anna, link)

    if is_open:
        form = {"new_password1": "d-long-enough-4", "new_password2": "d-long-enough-4"}
        response = browser.post(f"/accounts/recover/{anna.pk or 1}/form/", form)
    else:
        response = browser.get(link)
    assert response.status_code == 404
    assert "This link is not valid" in response.content.decode()
    assert log_in("d-long-enough-4").status_code == 200


def test_link_ends_after_its_time(anna, settings):
    link = recovery_link(anna)
    assert opened(link)[1].status_code == 200
    settings.PASSWORD_RESET_TIMEOUT = -1

    assert opened(link)[1].status_code == 404


def test_link_of_one_account_is_none_of_another(anna, bob):
    token = recovery_link(anna).split("/")[-2]

    for pk in (bob.pk, 0, 10**30):
        assert Client().get(f"/accounts/recover/{pk}/{token}/").status_code == 404
    browser, _ = opened(recovery_link(anna))
    assert browser.get(f"/accounts/recover/{bob.pk}/form/").status_code == 404
    for other in (f"{token}x", "form", "x", token.partition("-")[0], f"{token}-{token}"):
        assert Client().get(f"/accounts/recover/{anna.pk}/{other}/").status_code == 404


def test_unknown_and_known_accounts_get_the_same_answer(anna):
    answers = [
        Client().get(f"/accounts/recover/{pk}/c8x2-0123456789abcdef/") for pk in (anna.pk, anna.pk + 10**6)
    ]

    assert answers[0].content == answers[1].content
    assert [answer.status_code for answer in answers] == [404, 404]


def test_link_works_once_for_many_at_the_same_time(anna, monkeypatch):
    link, ready, use = recovery_link(anna), threading.Barrier(AT_ONCE, timeout=30), recovery._use
    browsers = [opened(link)[0] for _ in range(AT_ONCE)]

    def use_together(*arguments):
        ready.wait()  # All have found the link valid.
        return use(*arguments)

    def post(number):
        form = dict.fromkeys(("new_password1", "new_password2"), f"long-enough-{number:04}")
        try:
            return browsers[number].post(f"/accounts/recover/{anna.pk}/form/", form).status_code
        finally:
            connections.close_all()

    monkeypatch.setattr(recovery, "_use", use_together)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(post, range(AT_ONCE)))
    assert sorted(answers) == [302] + [404] * (AT_ONCE - 1)
    assert log_in(f"long-enough-{answers.index(302):04}").status_code == 302


def test_member_logs_in_after_a_recovery_although_others_try_passwords(anna):
    browser, _ = opened(recovery_link(anna))
    addresses = [f"10.0.{number >> 8}.{number & 255}" for number in range(NAME_LIMIT + 1)]
    AccessFailureLog.objects.bulk_create(
        AccessFailureLog(username="anna", ip_address=address) for address in [*addresses, "127.0.0.1"]
    )
    assert log_in(OLD).status_code == 429
    form = {"new_password1": NEW, "new_password2": NEW}
    browser.post(f"/accounts/recover/{anna.pk}/form/", form)

    assert log_in(NEW, browser).status_code == 302


def test_command_prints_a_link_for_any_spelling_of_a_name(anna, settings):
    settings.ALLOWED_HOSTS, settings.HTTPS = ["*", ".bobbin.example", "localhost"], True
    printed = []
    for options in ({}, {"url": "http://127.0.0.1:8000/"}):
        out = StringIO()
        call_command("recovery_link", "ANNA", stdout=out, **options)
        printed.append(out.getvalue().strip())

    assert printed[0].startswith(f"https://bobbin.example/accounts/recover/{anna.pk}/")
    assert printed[1].startswith(f"http://127.0.0.1:8000/accounts/recover/{anna.pk}/")
    settings.ALLOWED_HOSTS = ["*"]
    assert choose(printed[1].removeprefix("http://127.0.0.1:8000")).status_code == 302


def test_command_names_what_is_wrong(anna):
    with pytest.raises(CommandError, match="No member has the name “zoe”"):
        call_command("recovery_link", "zoe")
    User.objects.filter(pk=anna.pk).update(is_active=False)
    with pytest.raises(CommandError, match="Anna is deactivated"):
        call_command("recovery_link", "anna")


def test_staff_make_a_link_in_the_admin_and_it_is_recorded(anna, root, browser_of):
    browser, address = browser_of(root), f"/admin/accounts/user/{anna.pk}/recovery-link/"
    assert address in browser.get(f"/admin/accounts/user/{anna.pk}/change/").content.decode()
    assert "/accounts/recover/" not in browser.get(address).content.decode()
    assert not LogEntry.objects.exists()
    link = browser.post(address).content.decode().partition("http://testserver")[2].partition("<")[0]

    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Made a recovery link."]
    assert choose(link).status_code == 302


def test_staff_make_links_only_for_accounts_whose_password_they_may_set(anna, root, member, browser_of):
    clerk, reader = member("clerk", is_staff=True), member("reader", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    reader.user_permissions.set(Permission.objects.filter(codename="view_user"))
    address = "/admin/accounts/user/{}/recovery-link/".format

    assert browser_of(clerk).post(address(anna.pk)).status_code == 200
    for staff, user in ((clerk, root), (clerk, clerk), (reader, anna)):
        assert browser_of(staff).post(address(user.pk)).status_code == 403
    assert browser_of(anna).post(address(anna.pk)).status_code == 302  # To the log-in of the admin.


def test_link_is_not_made_for_a_deactivated_account(anna, root, browser_of):
    User.objects.filter(pk=anna.pk).update(is_active=False)
    browser = browser_of(root)

    assert "Recovery link" not in browser.get(f"/admin/accounts/user/{anna.pk}/change/").content.decode()
    assert browser.post(f"/admin/accounts/user/{anna.pk}/recovery-link/").status_code == 404
