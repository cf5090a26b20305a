"""The request log contains the route, the user and the status, but no name, search word or text."""

import io
import json
import logging
import logging.config

import pytest
from django.db import IntegrityError, connection
from django.http import HttpResponse
from django.urls import path

from config.logs import logging_settings

SECRET = "umbrellaword"


@pytest.fixture
def log(settings, monkeypatch):
    """Capture the log of this process, with the logging settings of production."""
    written = io.StringIO()
    configuration = logging_settings("json", "INFO")
    configuration["handlers"]["terminal"]["stream"] = written
    logging.config.dictConfig(configuration)
    yield written
    logging.config.dictConfig(settings.LOGGING)


def events(written):
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("address", "route"),
    [
        (f"/chats/search/?q={SECRET}+from:bob", "/chats/search/"),
        (f"/chats/people/?to={SECRET}", "/chats/people/"),
        (f"/chats/find/?q={SECRET}", "/chats/find/"),
        (f"/chats/with/{SECRET}/", "/chats/with/<username:username>/"),
        (f"/chats/with/{SECRET}", "(no route)"),
        (f"/chats/new/?to={SECRET}", "/chats/new/"),
        (f"/{SECRET}/", "(no route)"),
        (f"/chats/with/{SECRET}%0a%20x/", "(no route)"),
        (f"/accounts/login/?next=/chats/with/{SECRET}/", "/accounts/login/"),
    ],
)
def test_request_log_line_holds_the_route_and_no_path_or_query(client, alice, log, address, route):
    client.force_login(alice)

    client.get(address)

    assert SECRET not in log.getvalue()
    assert [event["request"] for event in events(log) if "request" in event] == [f"GET {route}"]


@pytest.mark.usefixtures("db")
def test_request_log_line_has_the_user_also_when_the_page_is_cached(client, alice, log):
    client.get("/chats/")
    client.force_login(alice)
    client.get("/chats/")
    client.get("/chats/")

    lines = events(log)
    assert [line["user_id"] for line in lines] == [None, alice.pk, alice.pk]
    assert {(line["ip"], line["level"], line["event"]) for line in lines} == {
        ("127.0.0.1", "info", "request_finished")
    }
    assert len({line["request_id"] for line in lines}) == 3
    assert all(0 < line["seconds"] < 60 for line in lines)


NEW = {"new_password1": f"{SECRET}-new-1", "new_password2": f"{SECRET}-new-1"}


@pytest.mark.parametrize(
    ("address", "form", "times"),
    [
        ("/accounts/login/", {"username": SECRET, "password": SECRET}, 1),
        ("/accounts/login/", {"username": SECRET, "password": "wrong"}, 7),  # Locked out.
        ("/admin/login/", {"username": SECRET, "password": SECRET}, 7),
        ("/accounts/signup/", {"username": SECRET, "password1": SECRET}, 2),
        ("/accounts/signup/", {"username": f"{SECRET}\u0456", "password1": "x"}, 1),
        ("/accounts/password/", {"old_password": SECRET} | NEW, 7),
        ("/accounts/delete/", {"password": SECRET}, 7),
        ("/chats/new/", {"to": SECRET, "content": SECRET}, 1),
        ("/chats/new/", {"to": "alice", "content": SECRET}, 1),
    ],
)
def test_names_passwords_and_texts_of_forms_are_not_logged(
    client, member, browser_of, log, address, form, times
):
    client = browser_of(member("bob")) if address[-5:] in {"word/", "lete/", "/new/"} else client
    for _ in range(times):
        client.post(address, form)

    assert len([event for event in events(log) if "request" in event]) >= times
    assert SECRET not in log.getvalue()


def test_refused_form_is_logged_without_its_path(client, alice, log, settings):
    client.force_login(alice)
    client.handler.enforce_csrf_checks = True

    client.post(f"/chats/with/{SECRET}/")

    assert any("CSRF" in event.get("reason", "") for event in events(log))
    assert SECRET not in log.getvalue()


@pytest.mark.parametrize("header", ["HTTP_REFERER", "HTTP_ORIGIN"])
def test_refused_form_is_logged_without_the_header_that_caused_it(client, alice, log, header):
    client.force_login(alice)
    client.handler.enforce_csrf_checks = True

    client.post("/chats/new/", secure=True, **{header: f"https://elsewhere.example/chats/with/{SECRET}/"})

    assert "checking failed" in log.getvalue()
    assert SECRET not in log.getvalue()


def broken(request, name):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE note (text text UNIQUE CHECK (length(text) < 40)) ON COMMIT DROP"
        )
        for text in {"twice": [name, name], "long": [f"{name}\n\n{name} " * 5]}[request.GET["how"]]:
            cursor.execute("INSERT INTO note VALUES (%s)", [text])
    return HttpResponse("not reached")


urlpatterns = [path("broken/<name>/", broken)]


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["twice", "long"])
def test_failed_request_is_logged_without_values_of_rows(client, settings, log, how):
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False

    assert client.get(f"/broken/{SECRET}/?how={how}").status_code == 500

    failed, finished = events(log)
    assert IntegrityError.__name__ in failed["exception"]
    assert (failed["request_id"], finished["code"]) == (finished["request_id"], 500)
    assert SECRET not in log.getvalue()
