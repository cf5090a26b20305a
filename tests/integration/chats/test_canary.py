"""The canary passes on Bobbin, and finds each way in which a cached page can be somebody else's or stale."""

import http.client
import http.server
import logging
import os
import signal
import threading

import pytest
from django.contrib.auth.decorators import login_required
from django.core.management import CommandError, call_command
from django.middleware.csrf import get_token
from django.urls import resolve, reverse
from django.views.decorators.cache import cache_page
from django.views.decorators.vary import vary_on_cookie
from prometheus_client import REGISTRY

from accounts.forms import SignUpForm
from accounts.models import Session, User
from chats import cache, cached_pages
from chats import urls as chats_urls
from chats.canary import FAULTY, FINE, UNKNOWN, Round, check, checked
from chats.canary_members import NAMES, alone, scene
from chats.canary_site import pages
from chats.new_message import NewMessageForm, suggestions
from messaging.models import Message
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)
CACHED = {"chats:inbox", "chats:unread", "chats:notifications"}


@pytest.fixture
def site(live_server):
    return live_server.url


@pytest.fixture
def in_place_of(monkeypatch):
    """Let what `make` makes of the bare view answer at the address of a page of chats."""

    def replace(name, make):
        pattern = next(entry for entry in chats_urls.urlpatterns if entry.name == name)
        monkeypatch.setattr(pattern, "callback", make(_bare(name)))

    return replace


def _bare(name):
    view = resolve(reverse(f"chats:{name}")).func
    while hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view


def _kept():
    return [model.objects.count() for model in (User, Message, Notification, Session)]


# --- On Bobbin as it is ----------------------------------------------------------------------------
def test_it_passes_on_bobbin(site, message):
    report = check(site)

    assert (report.outcome, report.faults, report.doubts) == (FINE, [], [])
    assert "Every page was its owner's" in report.lines()[0]
    assert {page.name for page in pages() if page.is_cached} == CACHED


def test_operators_see_that_it_looked_and_what_it_found(site, monkeypatch):
    def counted():
        rounds = [
            REGISTRY.get_sample_value("bobbin_cache_canary_rounds_total", {"result": result})
            for result in ("fine", "faulty", "unchecked")
        ]
        return [*rounds, REGISTRY.get_sample_value("bobbin_cache_isolation_faults_total")]

    before = counted()
    check(site)
    with monkeypatch.context() as harm:
        harm.setattr(Round, "run", lambda self: self.report.faults.extend(["one", "two"]))
        check(site)
    check("http://127.0.0.1:1")

    assert [now - then for now, then in zip(counted(), before, strict=True)] == [1, 1, 1, 2]


def test_it_leaves_the_pages_of_members_in_the_cache_and_grows_nothing(site, browser_of, message, bob):
    check(site)
    before, browser = _kept(), browser_of(bob)
    browser.get("/chats/")

    check(site)

    assert browser.get("/chats/").headers.get("X-Cache") == "hit"
    Session.objects.filter(user=bob).delete()
    assert _kept() == before


def test_what_a_killed_round_left_is_cleared_away(site):
    check(site)
    before = _kept()
    left = scene()
    left.__enter__()
    assert _kept() != before

    assert check(site).outcome == FINE
    assert _kept() == before


def test_nobody_can_sign_up_as_find_or_write_to_a_canary(site, client, alice):
    check(site)
    assert not any(user.has_usable_password() for user in User.objects.filter(username__in=NAMES))
    for name in (*NAMES, NAMES[0].strip()):
        assert not NewMessageForm({"to": name, "content": "Hello"}, sender=alice).is_valid()
        assert not any("canary" in found for found in suggestions(name, alice))
    form = SignUpForm({"username": NAMES[0], "password1": "a-long-enough-1", "password2": "a-long-enough-1"})
    assert form.is_valid()
    assert form.cleaned_data["username"] not in NAMES


def test_two_canaries_take_turns(site):
    with alone():
        report = check(site)

    assert (report.outcome, report.doubts) == (UNKNOWN, ["another canary is at work"])


def test_with_caching_switched_off_nothing_is_cached_and_it_says_so(site, settings, browser_of, alice):
    settings.CACHE_PAGES = False

    assert "CACHE_PAGES" in check(site).lines()[0]
    browser = browser_of(alice)
    assert ["X-Cache" in browser.get("/chats/").headers for _ in range(2)] == [False, False]


# --- What it has to find ---------------------------------------------------------------------------
@pytest.fixture
def plain_cache(settings):
    """Where Django's own cache_page can store: ours refuses what it pickles."""
    settings.CACHES = settings.CACHES | {
        "plain": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": os.urandom(8).hex()}
    }
    return cache_page(60, cache="plain")


@pytest.mark.parametrize("page", ["inbox", "unread", "notifications"])
@pytest.mark.parametrize("inside", [True, False], ids=["inside login_required", "outside"])
def test_it_finds_a_plain_cache_page(site, plain_cache, in_place_of, page, inside):
    in_place_of(
        page,
        lambda view: login_required(plain_cache(view)) if inside else plain_cache(login_required(view)),
    )

    report = check(site)

    assert report.outcome == FAULTY
    assert any(f"chats:{page}" in text and "shows canary-a1" in text for text in report.faults)
    assert all(f"chats:{page}" in text for text in report.faults)


def test_it_finds_a_plain_cache_page_where_no_cached_page_was(site, plain_cache, in_place_of):
    in_place_of("new", lambda view: login_required(plain_cache(view)))

    assert any("chats:new" in text and "shows canary-a1" in text for text in check(site).faults)


def test_it_finds_a_plain_cache_page_that_is_stale(site, plain_cache, in_place_of):
    in_place_of("inbox", lambda view: vary_on_cookie(plain_cache(vary_on_cookie(login_required(view)))))

    assert any("chats:inbox" in text and "is stale" in text for text in check(site).faults)


def test_it_finds_a_key_without_the_member(site, monkeypatch):
    key = cache.page_key
    monkeypatch.setattr(cache, "epoch_of", lambda user_id: "epoch")
    monkeypatch.setattr(cached_pages, "_varies", lambda request: [request.get_full_path()])
    monkeypatch.setattr(cache, "page_key", lambda user_id, *rest: key(None, *rest))

    faults = check(site).faults

    for name in CACHED:
        assert any(name in text and "as canary-b1" in text and "shows canary-a1" in text for text in faults)
        assert any(name in text and "does not name its owner" in text for text in faults)


def test_it_finds_a_page_that_is_shown_without_log_in(site, in_place_of):
    kept = {}

    def keep(view):
        def shown(request):
            if request.GET or "page" not in kept:
                kept["page"] = view(request)
            return kept["page"]

        return shown

    in_place_of("unread", lambda view: _marked(keep(_for_members_first(view))))

    assert any("without log-in" in text for text in check(site).faults)


def _for_members_first(view):
    return lambda request: login_required(view)(request)


def _marked(view):
    view.is_private_cached_page = True
    return view


@pytest.fixture
def careless_proxy(live_server):
    """A proxy that keeps each page for whoever asks next, by its address with or without the query."""

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
                site = http.client.HTTPConnection(live_server.thread.host, live_server.thread.port)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                site.request(self.command, self.path, body, dict(self.headers))
                answer = site.getresponse()
                found = answer.status, answer.getheaders(), answer.read()
                site.close()
                return found

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
def test_it_finds_a_proxy_that_keeps_pages(careless_proxy, live_server, settings, key):
    settings.ALLOWED_HOSTS = ["127.0.0.1", *settings.ALLOWED_HOSTS]

    report = check(careless_proxy(key))

    assert report.outcome == FAULTY
    assert any("shows canary-" in text for text in report.faults)
    assert any("shows the session of another browser" in text for text in report.faults) or key is not str


@pytest.mark.parametrize("forgotten", ["message_saved", "notifications_were_read"])
def test_it_finds_a_change_that_does_not_end_the_epoch(site, monkeypatch, forgotten):
    forget = cache.forget_member
    calls = []

    def never(user_ids, event=None):
        calls.append(user_ids)
        # Of one kind of change only: a reply names two members, who reads names one.
        if (len(set(user_ids)) == 2) != (forgotten == "message_saved"):
            forget(user_ids)

    monkeypatch.setattr(cache, "forget_member", never)

    report = check(site)

    assert calls
    when = "after a reply" if forgotten == "message_saved" else "after reading"
    assert report.outcome == FAULTY
    assert any(when in text for text in report.faults)
    assert all("is stale" in text and "at first" not in text for text in report.faults)


def test_it_finds_a_stored_token(site, in_place_of, monkeypatch):
    def with_token(view):
        def page(request):
            response = view(request)
            token = get_token(request).encode()
            response.content = response.content.replace(cached_pages.TOKEN.encode(), token)
            return response

        return login_required(cached_pages.private_cache_page(60)(page))

    in_place_of("notifications", with_token)
    monkeypatch.setattr(cached_pages, "_is_whole", lambda request, response: True)

    faults = check(site).faults

    assert faults
    assert all("chats:notifications" in text and "token" in text for text in faults)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Cache-Control", "public, max-age=60", "may be kept by others: Cache-Control: max-age, public"),
        ("Cache-Control", "private, max-age=60", "may be kept by others"),
        ("Vary", "HX-Request", "does not vary by Cookie"),
    ],
)
def test_it_finds_headers_that_let_others_keep_a_page(site, monkeypatch, name, value, said):
    finish = cached_pages._finish

    def with_header(*args, **kwargs):
        response = finish(*args, **kwargs)
        response[name] = value
        # What the session's middleware would add.
        response.headers.setdefault("Vary", "")
        return response

    monkeypatch.setattr(cached_pages, "_finish", with_header)
    if name == "Vary":
        monkeypatch.setattr("django.contrib.sessions.middleware.patch_vary_headers", lambda *args: None)
        monkeypatch.setattr("django.middleware.csrf.patch_vary_headers", lambda *args: None)

    report = check(site)

    assert report.outcome == FAULTY
    assert any("chats:inbox" in text and said in text for text in report.faults)


def test_it_does_not_tell_what_stands_on_the_page_of_a_member(site, message, bob, browser_of, in_place_of):
    page = browser_of(bob).get("/chats/").content

    def leak(view):
        def leaking(request):
            response = view(request)
            response.content = page
            return response

        return login_required(cached_pages.private_cache_page(60)(leaking))

    in_place_of("inbox", leak)

    report = check(site)

    assert any("does not name its owner" in text for text in report.faults)
    for secret in ("alice", "bob", "Good morning"):
        assert not any(secret in text for text in report.lines())


# --- What it cannot check --------------------------------------------------------------------------
def test_pages_that_never_come_from_the_cache_are_no_proof(site, monkeypatch):
    monkeypatch.setattr(cache, "store_page", lambda *args: None)

    report = check(site)

    assert report.outcome == UNKNOWN
    assert {text.partition(" ")[0] for text in report.doubts} == CACHED
    assert all("did not come from the cache" in text for text in report.doubts)


def test_a_canary_that_is_not_active_is_no_proof(site):
    check(site)
    User.objects.filter(username=NAMES[0]).update(is_active=False)

    report = check(site)

    assert report.outcome == UNKNOWN
    assert "is the member not active?" in report.doubts[0]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ftp://127.0.0.1", "nowhere", "http://127.0.0.1:x"])
def test_a_site_that_does_not_answer_is_no_proof(url):
    report = check(url)

    assert report.outcome == UNKNOWN
    assert url in report.doubts[0]


def test_a_host_name_that_is_not_allowed_is_named(site):
    assert "ALLOWED_HOSTS" in check(site, host="elsewhere.example").doubts[0]


def test_an_error_of_the_site_is_no_proof(site, in_place_of):
    in_place_of("people", lambda view: lambda request: 1 / 0)

    report = check(site)

    assert report.outcome == UNKNOWN
    assert "/chats/people/ answered 500" in report.doubts[0]


# --- The command -----------------------------------------------------------------------------------
def test_the_command_ends_with_the_outcome(site, monkeypatch, capsys):
    call_command("check_cached_pages", url=site)
    assert "Every page was its owner's" in capsys.readouterr().out

    monkeypatch.setattr(cache, "forget_member", lambda user_ids, event=None: None)
    with pytest.raises(CommandError, match=r"FAULT chats:inbox .*is stale") as error:
        call_command("check_cached_pages", url=site)
    assert error.value.returncode == 1
    assert "docs/runbooks/cache-canary.md" in str(error.value)

    with pytest.raises(CommandError, match=r"UNCHECKED http://127\.0\.0\.1:1 does not answer") as error:
        call_command("check_cached_pages", url="http://127.0.0.1:1")
    assert error.value.returncode == 2


@pytest.fixture
def signals_restored():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_in_the_background_it_logs_each_round_until_it_is_told_to_end(site, caplog, signals_restored):
    caplog.set_level(logging.INFO, "chats.canary")
    told = []

    def end(sender, report, **kwargs):
        told.append(report.outcome)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()

    checked.connect(end)
    try:
        call_command("check_cached_pages", url=site, every=600)
    finally:
        checked.disconnect(end)

    assert told == [FINE]
    assert [record.levelname for record in caplog.records if record.name == "chats.canary"] == ["INFO"]


@pytest.mark.parametrize("every", ["0", "9", "-60", "often"])
def test_it_cannot_be_asked_to_look_all_the_time(every):
    with pytest.raises(CommandError, match="number of seconds from 10"):
        call_command("check_cached_pages", f"--every={every}")
