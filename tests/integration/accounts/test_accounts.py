"""Pages for sign-up, log-in, log-out, change of password and deletion of the account."""

from urllib.parse import urljoin, urlsplit

import pytest
from axes.models import AccessFailureLog
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Session, User
from messaging.models import Message

PASSWORD = "a-long-enough-1"


@pytest.fixture
def anna(member):
    anna = member("Anna")
    anna.set_password(PASSWORD)
    anna.save()
    return anna


def _log_in(name="Anna", password=PASSWORD, client=None):
    client = client or Client()
    return client.post("/accounts/login/", {"username": name, "password": password}), client


def test_sign_up_makes_a_member_who_is_logged_in(db):
    client = Client()
    form = {"username": "dora", "password1": PASSWORD}
    response = client.post("/accounts/signup/", form)

    assert response.url == "/chats/"
    assert client.get("/chats/").status_code == 200
    assert User.objects.get().password.startswith("argon2$")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"username": "ANNA", "password1": PASSWORD}, "That name is taken"),
        ({"username": "a b", "password1": PASSWORD}, "Enter a valid username"),
        ({"username": "dora", "password1": "short1"}, "too short"),
        ({"username": "dora", "password1": "1234567890"}, "common"),
        ({"username": "dora"}, "This field is required"),
    ],
)
def test_sign_up_that_fails_says_why(anna, form, said):
    response = Client().post("/accounts/signup/", form)

    assert response.status_code == 422
    assert said in response.content.decode()
    assert User.objects.count() == 1


def test_two_sign_ups_with_one_name_at_once_create_one_account(anna, monkeypatch):
    """The form does not find the name, but the database refuses it."""
    from accounts.forms import SignUpForm

    monkeypatch.setattr(SignUpForm, "clean_username", lambda form: form.cleaned_data["username"])
    monkeypatch.setattr(SignUpForm, "_post_clean", lambda form: None)
    form = SignUpForm({"username": "anna", "password1": PASSWORD})
    form.instance.username = "anna"
    assert form.is_valid()

    from accounts.views import _create

    assert _create(form) is None
    assert "is taken" in str(form.errors)


def test_sign_up_while_closed_creates_no_account(db, settings):
    settings.SIGN_UP_OPEN = False
    form = {"username": "dora", "password1": PASSWORD}

    assert Client().post("/accounts/signup/", form).status_code == 403
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["Anna", "anna", "ANNA"])
def test_log_in_takes_the_name_in_any_case(anna, name):
    response, client = _log_in(name)

    assert response.url == "/chats/"
    assert client.get("/chats/").status_code == 200


FOREIGN_TARGETS = [
    "https://evil.example/", "//evil.example/", "///evil.example/", "/\\evil.example/", "\\\\evil.example/",
    "/\t/evil.example/", "\t//evil.example/", "/\n/evil.example/", "http:evil.example", "http:///evil.example",
    "https:evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "\x01https://evil.example/",
    "https://testserver@evil.example/", "https://testserver.evil.example/", "//evil.example\\@testserver/",
    "http://testserver:80@evil.example/", "https://[::1]/", "//[", "https://\u212fvil.example/",
    "/chats/\r\nSet-Cookie: a=b", "http://a" + "\u0301" * 20_000 + "\u0316" * 20_000,
]  # fmt: skip


@pytest.mark.parametrize("target", FOREIGN_TARGETS)
def test_log_in_redirects_only_to_pages_of_this_site(anna, target):
    visitor, (_, member) = Client(), _log_in()
    form = {"username": "Anna", "password": PASSWORD, "next": target}
    short = {"next": target[:1_000]}
    for answer in (visitor.post("/accounts/login/", form), member.get("/accounts/login/", short)):
        assert answer.status_code == 302
        assert urlsplit(urljoin("http://testserver", answer.url.replace("\\", "/")))[:2] == (
            "http",
            "testserver",
        )
        assert "Set-Cookie: a=b" not in answer.serialize_headers().decode()


def test_log_in_redirects_to_the_page_that_required_it(anna):
    form = {"username": "Anna", "password": PASSWORD, "next": "/chats/unread/"}
    assert Client().post("/accounts/login/", form).url == "/chats/unread/"


def test_log_in_replaces_a_session_key_that_was_known_before(anna):
    """The first key is made up, the second is from a session that has ended."""
    _, before = _log_in()
    ended = before.cookies["sessionid"].value
    before.post("/accounts/logout/")
    for known in ("a" * 32, ended):
        client = Client()
        client.cookies["sessionid"] = known
        assert _log_in(client=client)[0].status_code == 302
        assert client.get("/chats/").status_code == 200
        assert client.cookies["sessionid"].value != known
        assert Client(HTTP_COOKIE=f"sessionid={known}").get("/chats/").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "/accounts/login/", "/accounts/login/?next=/accounts/login/", "/accounts/login/#top",
        "/accounts/logout/", "/accounts/logout/?next=/chats/", "/admin/logout/",
    ],
)  # fmt: skip
def test_log_in_that_would_lead_to_itself_or_to_a_log_out_redirects_to_the_inbox(anna, target):
    _, client = _log_in()
    assert client.get("/accounts/login/", {"next": target}).url == "/chats/"
    form = {"username": "Anna", "password": PASSWORD, "next": target}
    assert Client().post("/accounts/login/", form).url == "/chats/"


def test_wrong_passwords_lock_the_name_in_any_case_for_their_client_only(anna):
    guesser = Client(REMOTE_ADDR="192.0.2.1")
    answers = [
        _log_in(name, "wrong", guesser)[0].status_code for name in ["Anna", "anna", "ANNA", "anna", "Anna"]
    ]

    assert answers == [200, 200, 200, 200, 429]
    stopped = _log_in("Anna", PASSWORD, guesser)[0]
    assert stopped.status_code == 429
    assert 890 < int(stopped.headers["Retry-After"]) <= 900
    assert "Too many attempts" in stopped.content.decode()
    assert _log_in("Anna", PASSWORD, Client(REMOTE_ADDR="192.0.2.2"))[0].status_code == 302


def test_a_made_up_proxy_header_gives_no_new_tries(anna):
    for number in range(6):
        client = Client(HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
        response = _log_in("Anna", "wrong", client)[0]

    assert response.status_code == 429


@pytest.mark.parametrize("address", ["/accounts/logout/", "/admin/logout/"])
def test_log_out_needs_post_and_clears_the_browser(anna, address):
    User.objects.filter(pk=anna.pk).update(is_staff=True)
    _, client = _log_in()

    assert client.get(address).status_code == 405
    response = client.post(address)
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert "data-session-ended" in response.content.decode()
    assert client.get("/chats/").status_code == 302


@pytest.mark.parametrize("query", ["", "?next=/chats/", "?next=https://other.example/", "?x"])
@pytest.mark.parametrize("address", ["/accounts/logout/", "/admin/logout/"])
def test_log_out_of_an_ended_session_has_the_same_page_whatever_the_query(db, address, query):
    response = Client().post(f"{address}{query}")

    assert "data-session-ended" in response.content.decode()


@pytest.mark.parametrize("form", [None, {"password": "wrong"}])
@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/accounts/delete/", "/accounts/logout/", "/nowhere/"]
)
def test_only_a_log_out_or_an_erasure_deletes_drafts(anna, address, form):
    _, client = _log_in()
    client.handler.enforce_csrf_checks = form is not None and "delete" not in address
    response = client.post(address, form) if form else client.get(address, follow=True)

    assert response.status_code in {200, 403, 405, 404, 422}
    assert "data-session-ended" not in response.content.decode()


def test_a_new_password_logs_other_browsers_out(anna):
    (_, here), (_, there) = _log_in(), _log_in()
    new = "another-long-one-2"
    here.post("/accounts/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert here.get("/chats/").status_code == 200
    assert there.get("/chats/").status_code == 302


def test_deletion_page_lists_the_rows_to_delete(anna, bob):
    Message.objects.create(sender=anna, receiver=bob, content="hi")
    _, client = _log_in()
    page = client.get("/accounts/delete/").content.decode()

    assert "Messages you sent: 1" in page
    assert "Conversations: 1" in page
    assert User.objects.filter(pk=anna.pk).exists()


@pytest.mark.parametrize("form", [{}, {"password": "wrong"}, {"password": ""}])
def test_deleting_needs_the_password(anna, form):
    _, client = _log_in()

    assert client.post("/accounts/delete/", form).status_code == 422
    assert client.get("/chats/").status_code == 200


def test_wrong_passwords_on_the_deletion_page_are_throttled(anna):
    _, client = _log_in()
    answers = [client.post("/accounts/delete/", {"password": "wrong"}).status_code for _ in range(5)]

    assert answers[-1] == 429
    assert User.objects.filter(pk=anna.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_deleting_erases_and_logs_out_everywhere(anna, bob):
    Message.objects.create(sender=anna, receiver=bob, content="hi")
    (_, here), (_, there) = _log_in(), _log_in()
    _log_in("Anna", "wrong")
    response = here.post("/accounts/delete/", {"password": PASSWORD})

    assert "is erased" in response.content.decode()
    assert "data-session-ended" in response.content.decode()
    assert there.get("/chats/").status_code == here.get("/chats/").status_code == 302
    assert _log_in()[0].status_code == 200
    assert not User.objects.filter(username="Anna").exists()
    assert not Message.objects.exists()
    assert not Session.objects.filter(user__isnull=False).exists()
    # The failed log-in after the deletion belongs to no account.
    assert AccessFailureLog.objects.count() == 1


def test_a_log_in_is_stored_with_its_member(anna):
    _log_in()

    assert Session.objects.get(user=anna)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("messages", [1, 1000])
def test_deleting_by_the_page_stays_within_its_budget(anna, bob, messages):
    Message.objects.bulk_create([Message(sender=anna, receiver=bob, content="hi") for _ in range(messages)])
    _, client = _log_in()
    client.get("/accounts/")
    with CaptureQueriesContext(connection) as queries:
        assert client.post("/accounts/delete/", {"password": PASSWORD}).status_code == 200

    assert len([query for query in queries if query["sql"] not in {"BEGIN", "COMMIT"}]) <= 20


def test_change_of_password_keeps_a_concurrent_rename(anna, browser_of, monkeypatch, exceeded_budgets):
    """An operator renames a user while that user changes the password."""
    from django.contrib.auth.hashers import make_password

    def rename_first(*args):
        user = User.objects.get(pk=anna.pk)
        user.username, user.is_active = "Anne", False
        user.save()
        return make_password(*args)

    monkeypatch.setattr("django.contrib.auth.base_user.make_password", rename_first)
    new = {"old_password": PASSWORD, "new_password1": "b-long-enough-2", "new_password2": "b-long-enough-2"}
    browser_of(anna).post("/accounts/password/", new)
    exceeded_budgets.clear()  # The queries of the operator were counted too.

    anna.refresh_from_db()
    assert (anna.username, anna.is_active, anna.check_password("b-long-enough-2")) == ("Anne", False, True)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["anna", "ANNA", "Nobody"])
def test_wrong_log_in_does_not_call_names_case_sensitive(client, name):
    said = client.post("/accounts/login/", {"username": name, "password": "wrong"}).text

    assert "Wrong name or password, or the account is deactivated." in said
    assert "both fields" not in said
