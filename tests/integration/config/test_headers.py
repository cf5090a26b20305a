"""Names and attributes of cookies, and headers of every response."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.headers import PERMISSIONS_POLICY

ROOT = Path(__file__).parents[3]
REQUEST = """
import json, os, django
django.setup()
from django.conf import settings
settings.STORAGES = settings.STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
from django.test import Client
answer = Client().get("/accounts/login/", secure=settings.HTTPS, headers={"host": "bobbin.example"})
cookie = answer.cookies[settings.CSRF_COOKIE_NAME]
print(json.dumps({
    "session": settings.SESSION_COOKIE_NAME, "csrf": cookie.key, "device": settings.DEVICE_COOKIE_NAME,
    "secure": bool(cookie["secure"]), "httponly": bool(cookie["httponly"]), "path": cookie["path"],
    "domain": cookie["domain"], "hsts": answer.headers.get("Strict-Transport-Security"),
}))
"""


def answers(**changes) -> dict:
    """Return the cookies and headers of the log-in page, from a separate process with these settings."""
    env = os.environ | {
        "SECRET_KEY": "0123456789abcdef" * 4, "ALLOWED_HOSTS": "bobbin.example",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    } | changes  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", REQUEST],
        cwd=ROOT / "services/web",
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_cookies_over_https_belong_to_this_host_alone():
    found = answers(HTTPS="true")

    assert [found["session"], found["csrf"], found["device"]] == [
        "__Host-sessionid", "__Host-csrftoken", "__Host-device",
    ]  # fmt: skip
    assert (found["secure"], found["httponly"], found["path"], found["domain"]) == (True, True, "/", "")
    assert found["hsts"] == "max-age=31536000"


def test_hsts_covers_subdomains_by_a_setting():
    assert answers(HTTPS="true", HSTS_SUBDOMAINS="true")["hsts"] == "max-age=31536000; includeSubDomains"


def test_cookies_over_plain_http_have_plain_names():
    found = answers(HTTPS="false")

    assert (found["session"], found["csrf"], found["secure"]) == ("sessionid", "csrftoken", False)
    assert found["hsts"] is None


@pytest.mark.parametrize("path", ["/accounts/login/", "/chats/", "/nothing/", "/healthz", "/admin/"])
def test_every_response_forbids_browser_features_that_no_page_uses(client, db, path):
    response = client.get(path)

    if path != "/healthz":
        assert response.headers["Permissions-Policy"] == PERMISSIONS_POLICY
        assert {"camera=()", "geolocation=()", "microphone=()"} <= set(PERMISSIONS_POLICY.split(", "))


def test_pages_of_nginx_have_the_same_headers():
    said = (ROOT / "services/nginx/snippets/own-headers.conf").read_text()
    headers = dict(re.findall(r'^add_header (\S+) "?([^"\n]+?)"? always;', said, re.M))

    assert headers["Permissions-Policy"] == PERMISSIONS_POLICY
    assert (headers["Strict-Transport-Security"], headers["Cache-Control"]) == ("$hsts", "no-store")


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/admin/login/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_page_with_a_password_is_stored_by_no_browser(client, db, path, method):
    assert "no-store" in getattr(client, method)(path).headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/password/",
        "/accounts/delete/",
        "/admin/",
        "/admin/accounts/user/",
        "/admin/messaging/message/",
    ],
)
def test_page_with_a_password_or_of_the_admin_is_stored_by_no_browser_of_a_member(member, browser_of, path):
    browser = browser_of(member("root", is_staff=True, is_superuser=True))
    for answer in (browser.get(path), browser.post(path)):
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/chats/", "/chats/unread/", "/chats/notifications/", "/chats/with/bob/", "/chats/search/?q=good",
        "/chats/new/", "/chats/message/{}/history/", "/chats/thread/{}/", "/chats/state/", "/accounts/",
    ],
)  # fmt: skip
def test_private_page_is_revalidated_and_stored_by_no_proxy(message, alice, browser_of, path):
    """With no-store the Back button would lose a form, and there would be no 304 (docs/decisions/0012)."""
    said = browser_of(alice).get(path.format(message.pk)).headers["Cache-Control"]

    assert {"private", "no-cache"} <= set(said.split(", "))
    assert "no-store" not in said
