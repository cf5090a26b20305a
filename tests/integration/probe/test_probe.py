"""The privacy probe passes on Bobbin.

It detects each way in which a cached page can be stale or belong to another user.
"""

import http.server
import logging
import os
import signal
import threading
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.core.management import CommandError, call_command
from django.db import connection
from django.middleware.csrf import get_token
from django.urls import resolve, reverse
from django.views.decorators.cache import cache_page
from django.views.decorators.vary import vary_on_cookie
from prometheus_client import REGISTRY

from accounts.forms import SignUpForm
from accounts.models import Session, User
from caching import generations, private_pages
from chats.cache import suggestions
from chats.new_message import NewMessageForm
from messaging.models import Message
from notifications.models import Notification
from probe.fixtures import NAMES, exclusive, fixture
from probe.probe import check
from probe.report import INCONCLUSIVE, OK, VIOLATED
from probe.run import Run
from probe.site import pages
from tests.support.http_client.connection import fetch

pytestmark = pytest.mark.django_db(transaction=True)
SHARED = {"chats:conversation_by_id", "chats:thread"}  # A page of two users.
CACHED = {"chats:inbox", "chats:state", "chats:threads", "chats:unread", "notifications:list"}


@pytest.fixture
def site(live_server):
    return live_server.url


@pytest.fixture
def probe_users(db):
    """Create the users of the probe, which the first run creates and all later runs find."""
    with fixture():
        pass


@pytest.fixture
def in_place_of(monkeypatch):
    """Return a function that replaces the view of a page of chats by `make(bare view)`."""

    def replace(name, make):
        module = import_module(f"{name.partition(':')[0]}.urls")
        pattern = next(entry for entry in module.urlpatterns if entry.name == name.partition(":")[2])
        monkeypatch.setattr(pattern, "callback", make(_bare(name)))

    return replace


def _bare(name):
    view = resolve(reverse(name)).func
    while hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view


def _kept():
    return [model.objects.count() for model in (User, Message, Notification, Session)]


# --- Bobbin unchanged ----------------------------------------------------------------------------------
def test_probe_passes_on_bobbin(site, message):
    report = check(site)

    assert (report.outcome, report.violations, report.inconclusive) == (OK, [], [])
    assert "Every page belonged to its member" in report.lines()[0]
    found = {page.name for page in pages({name: {"/": frozenset()} for name in SHARED}) if page.is_cached}
    assert found == CACHED | SHARED, f"correct CACHED in {__file__}"


def test_metrics_show_runs_and_violations(site, monkeypatch):
    def counted():
        rounds = [
            REGISTRY.get_sample_value("bobbin_privacy_probe_runs_total", {"result": result})
            for result in ("ok", "violated", "inconclusive")
        ]
        return [*rounds, REGISTRY.get_sample_value("bobbin_privacy_violations_total")]

    before = counted()
    check(site)
    with monkeypatch.context() as harm:
        harm.setattr(Run, "run", lambda self: self.report.violations.extend(["one", "two"]))
        check(site)
    check("http://127.0.0.1:1")

    assert [now - then for now, then in zip(counted(), before, strict=True)] == [1, 1, 1, 2]


def test_probe_keeps_pages_of_members_cached_and_adds_no_rows(site, probe_users, browser_of, message, bob):
    before, browser = _kept(), browser_of(bob)
    browser.get("/chats/")

    check(site)

    assert browser.get("/chats/").headers.get("X-Cache") == "hit"
    Session.objects.filter(user=bob).delete()
    assert _kept() == before


def test_rows_of_a_killed_run_are_deleted_by_the_next(site, probe_users):
    before = _kept()
    left = fixture()
    left.__enter__()
    assert _kept() != before

    assert check(site).outcome == OK
    assert _kept() == before


def test_probe_users_cannot_be_signed_up_found_or_written_to(probe_users, alice):
    assert not any(user.has_usable_password() for user in User.objects.filter(username__in=NAMES))
    for name in (*NAMES, NAMES[0].strip()):
        assert not NewMessageForm({"to": name, "content": "Hello"}, sender=alice).is_valid()
        assert not any("probe-" in found for found in suggestions(name, alice))
    form = SignUpForm({"username": NAMES[0], "password1": "a-long-enough-1"})
    assert form.is_valid()
    assert form.cleaned_data["username"] not in NAMES


def test_users_of_an_earlier_probe_get_the_present_names_and_back():
    def with_names(names):
        found = User.objects.filter(username__in=names, name_key__in=names)
        return list(found.order_by("pk").values_list("pk", flat=True))

    [step] = import_module("accounts.migrations.0012_probe_users").Migration.operations
    former = [name.replace("probe", "canary") for name in NAMES]
    keys = [User.objects.create_user(name).pk for name in former]
    step.code(apps, SimpleNamespace(connection=connection))
    assert with_names(NAMES) == keys
    step.reverse_code(apps, SimpleNamespace(connection=connection))

    assert with_names(former) == keys


def test_second_probe_at_the_same_time_is_inconclusive(site):
    with exclusive():
        report = check(site)

    assert (report.outcome, report.inconclusive) == (INCONCLUSIVE, ["another privacy probe is running"])


def test_probe_with_caching_switched_off_reports_it(site, settings, browser_of, alice):
    settings.CACHE_PAGES = False

    assert "CACHE_PAGES" in check(site).lines()[0]
    browser = browser_of(alice)
    assert ["X-Cache" in browser.get("/chats/").headers for _ in range(2)] == [False, False]


# --- Violations ----------------------------------------------------------------------------------------
@pytest.fixture
def plain_cache(settings):
    """Return `cache_page` with a local cache, because Bobbin's cache refuses pickled values."""
    settings.CACHES = settings.CACHES | {
        "plain": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": os.urandom(8).hex()}
    }
    return cache_page(60, cache="plain")


@pytest.mark.parametrize("harmed", [("chats:inbox", "chats:unread"), ("notifications:list",)])
@pytest.mark.parametrize("inside", [True, False], ids=["inside login_required", "outside"])
def test_probe_detects_plain_cache_pages(site, plain_cache, in_place_of, harmed, inside):
    for page in harmed:
        in_place_of(
            page,
            lambda view: login_required(plain_cache(view)) if inside else plain_cache(login_required(view)),
        )

    report = check(site)

    assert report.outcome == VIOLATED
    for page in harmed:
        assert any(page in text and "shows probe-a1" in text for text in report.violations)
    assert all(text.startswith(harmed) for text in report.violations)


def test_probe_detects_a_plain_cache_page_on_an_uncached_view(site, plain_cache, in_place_of):
    in_place_of("chats:new", lambda view: login_required(plain_cache(view)))

    assert any("chats:new" in text and "shows probe-a1" in text for text in check(site).violations)


def test_probe_detects_a_stale_plain_cache_page(site, plain_cache, in_place_of):
    in_place_of("chats:inbox", lambda view: vary_on_cookie(plain_cache(vary_on_cookie(login_required(view)))))

    assert any("chats:inbox" in text and "is stale" in text for text in check(site).violations)


def test_probe_detects_a_key_without_the_user(site, monkeypatch):
    def read(request, key):
        found = generations.value_of(key, "generation")
        return "generation", private_pages.stored_page(found, "generation")

    key = private_pages.page_key
    monkeypatch.setattr(private_pages, "_read", read)
    monkeypatch.setattr(private_pages, "owner_of", lambda user: [])
    monkeypatch.setattr(private_pages, "varies", lambda request: [request.get_full_path()])
    monkeypatch.setattr(private_pages, "page_key", lambda user_id, *rest: key("anyone", *rest))

    violations = check(site).violations

    for name in CACHED:
        assert any(name in text and "as probe-b1" in text and "shows probe-a1" in text for text in violations)
        assert any(name in text and "does not name its owner" in text for text in violations)


def test_probe_detects_a_page_that_is_shown_without_log_in(site, in_place_of):
    kept = {}

    def keep(view):
        def shown(request):
            if request.GET or "page" not in kept:
                kept["page"] = view(request)
            return kept["page"]

        return shown

    in_place_of("chats:unread", lambda view: _marked(keep(_for_members_first(view))))

    assert any("without log-in" in text for text in check(site).violations)


def _for_members_first(view):
    return lambda request: login_required(view)(request)


def _marked(view):
    view.may_use_cache = lambda request: True
    return view


@pytest.fixture
def careless_proxy(live_server):
    """Return a function that starts a proxy, which caches each page for all clients.

    `key` maps an address to the key of the cache.
    """

    def start(key):
        kept = {}

        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if key(self.path) not in kept or self.command == "POST":
                    kept[key(self.path)] = self.forward()
                status, headers, body = kept[key(self.path)]
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                found = fetch(live_server.url, self.command, self.path, dict(self.headers), body)
                return found.status, found.headers.items(), found.body

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        started.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    started = []
    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "key", [str, lambda path: path.partition("?")[0]], ids=["by address", "without the query"]
)
def test_probe_detects_a_proxy_that_stores_pages(careless_proxy, live_server, settings, key):
    settings.ALLOWED_HOSTS = ["127.0.0.1", *settings.ALLOWED_HOSTS]

    report = check(careless_proxy(key))

    assert report.outcome == VIOLATED
    assert any("shows probe-" in text for text in report.violations)
    assert any("shows the session of another browser" in text for text in report.violations) or key is not str


@pytest.mark.parametrize("invalidated", ["message_saved", "messages_were_read"])
def test_probe_detects_a_missing_invalidation(site, monkeypatch, invalidated):
    invalidate = generations.invalidate_users
    calls = []

    def never(user_ids, event=None):
        calls.append(user_ids)
        # Skip one kind of change only. A reply invalidates two users, and reading invalidates one.
        if (len(set(user_ids)) == 2) != (invalidated == "message_saved"):
            invalidate(user_ids)

    monkeypatch.setattr(generations, "invalidate_users", never)

    report = check(site)

    assert calls
    when = "after a reply" if invalidated == "message_saved" else "after reading"
    assert report.outcome == VIOLATED
    assert any(when in text for text in report.violations)
    assert all("is stale" in text and "at first" not in text for text in report.violations)


def test_probe_detects_a_stored_csrf_token(site, in_place_of, monkeypatch):
    def with_token(view):
        def page(request):
            response = view(request)
            token = get_token(request).encode()
            response.content = response.content.replace(private_pages.TOKEN.encode(), token)
            return response

        return login_required(private_pages.private_cache_page(60)(page))

    in_place_of("notifications:list", with_token)
    monkeypatch.setattr(private_pages, "_is_whole", lambda request, response: True)

    violations = check(site).violations

    assert violations
    assert all("notifications:list" in text and "token" in text for text in violations)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Cache-Control", "public, max-age=60", "may be kept by others: Cache-Control: max-age, public"),
        ("Cache-Control", "private, max-age=60", "may be kept by others"),
        ("Vary", "Accept-Language", "does not vary by Cookie"),
    ],
)
def test_probe_detects_headers_that_let_others_store_a_page(site, monkeypatch, name, value, said):
    finish = private_pages._finish

    def with_header(*args, **kwargs):
        response = finish(*args, **kwargs)
        response[name] = value
        # The session middleware would add this header.
        response.headers.setdefault("Vary", "")
        return response

    monkeypatch.setattr(private_pages, "_finish", with_header)
    if name == "Vary":
        monkeypatch.setattr("django.contrib.sessions.middleware.patch_vary_headers", lambda *args: None)
        monkeypatch.setattr("django.middleware.csrf.patch_vary_headers", lambda *args: None)

    report = check(site)

    assert report.outcome == VIOLATED
    assert any("chats:inbox" in text and said in text for text in report.violations)


def test_report_contains_no_text_of_a_page_of_a_member(site, message, bob, browser_of, in_place_of):
    page = browser_of(bob).get("/chats/").content

    def leak(view):
        def leaking(request):
            response = view(request)
            response.content = page
            return response

        return login_required(private_pages.private_cache_page(60)(leaking))

    in_place_of("chats:inbox", leak)

    report = check(site)

    assert any("does not name its owner" in text for text in report.violations)
    for secret in ("alice", "bob", "Good morning"):
        assert not any(secret in text for text in report.lines())


# --- Inconclusive runs ---------------------------------------------------------------------------------
def test_run_without_cache_hits_is_inconclusive(site, monkeypatch):
    monkeypatch.setattr(private_pages, "store_page", lambda *args: None)

    report = check(site)

    assert report.outcome == INCONCLUSIVE
    assert {text.partition(" ")[0] for text in report.inconclusive} == CACHED | SHARED
    assert all("did not come from the cache" in text for text in report.inconclusive)


def test_run_with_an_inactive_probe_user_is_inconclusive(site, probe_users):
    User.objects.filter(username=NAMES[0]).update(is_active=False)

    report = check(site)

    assert report.outcome == INCONCLUSIVE
    assert "is the member not active?" in report.inconclusive[0]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ftp://127.0.0.1", "nowhere", "http://127.0.0.1:x"])
def test_run_without_a_reachable_site_is_inconclusive(url):
    report = check(url)

    assert report.outcome == INCONCLUSIVE
    assert url in report.inconclusive[0]


def test_refused_host_name_is_reported(site):
    assert "ALLOWED_HOSTS" in check(site, host="elsewhere.example").inconclusive[0]


def test_run_with_a_server_error_is_inconclusive(site, in_place_of):
    in_place_of("chats:people", lambda view: lambda request: 1 / 0)

    report = check(site)

    assert report.outcome == INCONCLUSIVE
    assert "/chats/people/ answered 500" in report.inconclusive[0]


# --- The command -----------------------------------------------------------------------------------
def test_exit_status_of_the_command_is_the_outcome(site, monkeypatch, capsys):
    call_command("check_cached_pages", url=site)
    assert "Every page belonged to its member" in capsys.readouterr().out

    monkeypatch.setattr(generations, "invalidate_users", lambda user_ids, event=None: None)
    with pytest.raises(CommandError, match=r"VIOLATION chats:inbox .*is stale") as error:
        call_command("check_cached_pages", url=site)
    assert error.value.returncode == 1
    assert "docs/runbooks/privacy-probe.md" in str(error.value)

    with pytest.raises(CommandError, match=r"INCONCLUSIVE http://127\.0\.0\.1:1 does not answer") as error:
        call_command("check_cached_pages", url="http://127.0.0.1:1")
    assert error.value.returncode == 2


@pytest.fixture
def signals_restored():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_command_in_the_background_logs_each_run_until_it_is_terminated(site, caplog, signals_restored):
    class Terminate(logging.Handler):
        def emit(self, record):
            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()

    caplog.set_level(logging.INFO, "probe.probe")
    logging.getLogger("probe.probe").addHandler(handler := Terminate())
    try:
        call_command("check_cached_pages", url=site, every=600)
    finally:
        logging.getLogger("probe.probe").removeHandler(handler)

    assert [record.levelname for record in caplog.records if record.name == "probe.probe"] == ["INFO"]


@pytest.mark.parametrize("every", ["0", "9", "-60", "often"])
def test_command_refuses_too_short_intervals(every):
    with pytest.raises(CommandError, match="number of seconds from 10"):
        call_command("check_cached_pages", f"--every={every}")
