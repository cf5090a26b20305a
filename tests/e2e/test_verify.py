"""The verifier accepts Bobbin, and reports the failed task of each broken variant."""

import inspect
import logging
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.contrib.auth.decorators import login_required
from django.db.models.signals import post_save, pre_save
from django.views.decorators.cache import cache_page

from tests.e2e import verify

pytestmark = pytest.mark.django_db(transaction=True)


def accounts() -> int:
    from accounts.models import User

    return User.objects.count()


def failed(output: str) -> set[int]:
    """Return the numbers of the failed tasks in the output of the verifier."""
    verdicts = re.findall(r"(?m)^(PASS|FAIL) - Task (\d): .+", output)
    assert [number for _, number in verdicts] == list("012345"), output
    return {int(number) for verdict, number in verdicts if verdict == "FAIL"}


@pytest.fixture(autouse=True)
def _quick(settings):
    """Use a fast hasher, since the verifier creates four accounts in each run."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    logging.disable()  # Otherwise some 500 requests log two lines each.
    yield
    logging.disable(logging.NOTSET)


# --- Each fixture breaks one feature of the server -------------------------------------------------------
@pytest.fixture
def disconnect(request):
    """Return a function that disconnects a receiver until the test ends."""

    def take_off(signal, sender, receiver):
        uid = f"{receiver.__module__.partition('.')[0]}.{receiver.__name__}"
        assert signal.disconnect(sender=sender, dispatch_uid=uid), f"nothing is connected as {uid}"
        request.addfinalizer(lambda: signal.connect(receiver, sender=sender, dispatch_uid=uid))

    return take_off


@pytest.fixture
def no_notifications(disconnect):
    from messaging.models import Message
    from notifications.receivers import notify_receiver

    disconnect(post_save, Message, notify_receiver)


@pytest.fixture
def two_notifications(monkeypatch):
    """Notify the sender too."""
    from notifications.models import Notification, NotificationQuerySet

    create_for = NotificationQuerySet.create_for

    def also_the_sender(self, messages):
        create_for(self, messages)
        for message in messages:
            Notification.objects.create(user=message.sender, message=message, content="You wrote")

    monkeypatch.setattr(NotificationQuerySet, "create_for", also_the_sender)


@pytest.fixture
def no_history(disconnect):
    from messaging.models import Message
    from messaging.receivers import keep_history

    disconnect(pre_save, Message, keep_history)


@pytest.fixture
def history_without_change(monkeypatch):
    """Add a history entry even if the text did not change."""
    from messaging import receivers
    from messaging.models import MessageHistory

    def always(message, using):
        message.edited = True
        MessageHistory.objects.create(
            message=message, old_content=type(message).objects.get(pk=message.pk).content
        )

    monkeypatch.setattr(receivers, "keep_previous_content", always)


@pytest.fixture
def erasure_refused(monkeypatch):
    """Keep the messages, so that the foreign keys reject the commit."""
    from accounts import erasure_phases

    monkeypatch.setitem(erasure_phases._functions, "messages", lambda user, using: None)


@pytest.fixture
def erasure_pretended(monkeypatch):
    from accounts.models import User

    monkeypatch.setattr(User, "delete", lambda self: None)


@pytest.fixture
def flat_threads(monkeypatch):
    from chats import order

    monkeypatch.setattr(order, "flatten", lambda messages: [(message, 0) for message in messages])


@pytest.fixture
def latest_reply_first(monkeypatch):
    """Nest replies, but put siblings in the wrong order."""
    from chats import order
    from messaging.threads import flatten

    def reversed_siblings(messages):
        parents = {message.id: message.parent_message_id for message in messages}

        def path(key):
            return [*path(parents[key]), -key] if key in parents else []

        return sorted(flatten(messages), key=lambda placed: path(placed[0].id))

    monkeypatch.setattr(order, "flatten", reversed_siblings)


@pytest.fixture
def open_to_strangers(monkeypatch):
    from messaging.querysets import MessageQuerySet

    monkeypatch.setattr(MessageQuerySet, "visible_to", lambda self, user: self.all())


@pytest.fixture
def unread_list(monkeypatch):
    """Return a function that replaces the query of the unread list."""
    from chats.views import reading
    from messaging.compiled import CompiledQuery
    from messaging.models import Message

    def put(build):
        compiled = CompiledQuery(lambda reader, before: build(Message, reader).for_list(before)[:51])
        monkeypatch.setattr(reading, "UNREAD", compiled)

    return put


@pytest.fixture
def unread_list_never_empties(unread_list):
    unread_list(lambda model, reader: model.objects.filter(receiver=reader).order_by("-pk"))


@pytest.fixture
def unread_list_oldest_first(unread_list):
    unread_list(lambda model, reader: model.unread.for_user(reader).order_by("pk"))


@pytest.fixture
def reading_marks_nothing(monkeypatch):
    from chats.views import conversations

    monkeypatch.setattr(conversations, "_mark_shown", lambda *args, **kwargs: None)


@pytest.fixture
def inbox_view(monkeypatch):
    """Return a function that replaces the view of the inbox."""
    from chats import urls
    from chats.views import reading

    pattern = next(pattern for pattern in urls.urlpatterns if pattern.name == "inbox")
    plain = inspect.unwrap(reading.inbox)

    def put(decorate):
        monkeypatch.setattr(pattern, "callback", login_required(decorate(plain)))

    return put


@pytest.fixture
def inbox_not_cached(inbox_view):
    inbox_view(lambda view: view)


@pytest.fixture
def inbox_of_another_user(inbox_view):
    """Use Django's cache_page, which caches by address for all users."""
    inbox_view(cache_page(60))


@pytest.fixture
def inbox_stale(inbox_view):
    """Cache the inbox of each user without invalidation."""

    def keep(view):
        kept = {}

        def stale(request):
            if request.user.pk in kept:
                kept[request.user.pk].headers["X-Cache"] = "hit"
            else:
                kept[request.user.pk] = view(request)
                kept[request.user.pk].headers["Cache-Control"] = "private"
            return kept[request.user.pk]

        return stale

    inbox_view(keep)


@pytest.fixture
def inbox_stale_after_edits(disconnect, monkeypatch):
    """Invalidate pages only for new messages."""
    from caching import generations
    from live import receivers

    class OnlyNew:
        invalidate_users, invalidate_all = generations.invalidate_users, generations.invalidate_all

    def message_saved(sender, instance, created, using, **kwargs):
        if created:
            receivers.on_commit(using, OnlyNew.invalidate_users, [instance.sender_id, instance.receiver_id])

    disconnect(post_save, receivers.Message, receivers.message_saved)
    post_save.connect(message_saved, sender=receivers.Message)
    yield
    post_save.disconnect(message_saved, sender=receivers.Message)


@pytest.fixture
def inbox_public(monkeypatch):
    from caching import private_pages

    def allow_public_caching(response, **kwargs):
        response.headers["Cache-Control"] = "public, max-age=60"

    monkeypatch.setattr(private_pages, "patch_cache_control", allow_public_caching)


# Each dict is one run of the verifier: the faults of its server, and the tasks that each fault fails.
# No two faults of a run fail the same task, so an undetected fault is a task that passes.
BROKEN = [
    {"no_notifications": {0}, "no_history": {1}, "flat_threads": {3}},
    {"two_notifications": {0}, "history_without_change": {1}, "latest_reply_first": {3}},
    {"open_to_strangers": {1, 3}, "unread_list_oldest_first": {4}},
    {"unread_list_never_empties": {4}, "inbox_not_cached": {5}},
    {"reading_marks_nothing": {0, 4, 5}},
    {"erasure_refused": {2}, "inbox_stale_after_edits": {5}},
    {"erasure_pretended": {2}, "inbox_public": {5}},
    {"inbox_of_another_user": {2, 5}},
    {"inbox_stale": {2, 5}},
]
KEEPS_ACCOUNTS = {"erasure_refused", "erasure_pretended"}


def test_verifier_accepts_bobbin_and_needs_no_package(live_server):
    command = [sys.executable, "-S", "-m", "tests.e2e.verify", live_server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert failed(done.stdout) == set()
    assert done.stdout.endswith("Overall: 6/6 tasks passed\n")
    assert accounts() == 0


@pytest.mark.parametrize("broken", BROKEN, ids=" and ".join)
def test_verifier_reports_the_broken_features(broken, request, live_server, capsys, exceeded_budgets):
    for fault in broken:
        request.getfixturevalue(fault)
    expected = set().union(*broken.values())
    assert len(expected) == sum(map(len, broken.values()))

    status = verify.main([live_server.url])

    said = capsys.readouterr()
    assert failed(said.out) == expected, said.out
    assert said.out.endswith(f"Overall: {6 - len(expected)}/6 tasks passed\n")
    assert status == 1
    assert ("Left behind: the account" in said.err) == bool(broken.keys() & KEEPS_ACCOUNTS), said.err
    assert bool(accounts()) == bool(broken.keys() & KEEPS_ACCOUNTS)
    exceeded_budgets.clear()  # A broken variant may exceed query budgets.


def test_failure_names_expected_and_seen_values_and_the_request(
    no_notifications, live_server, capsys, monkeypatch
):
    monkeypatch.setattr(verify, "TASKS", verify.TASKS[:1])
    verify.main([live_server.url])

    line = capsys.readouterr().out.splitlines()[0]
    where = f"at GET {live_server.url}/chats/notifications/ as bob-"
    assert line.startswith("FAIL - Task 0: a message notifies its receiver (expected exactly one")
    assert "saw []" in line
    assert where in line


def test_verifier_reports_closed_sign_up(live_server, settings, capsys):
    settings.SIGN_UP_OPEN = False

    assert verify.main([live_server.url]) == 2
    assert capsys.readouterr().err.startswith("Sign-up is closed")


def test_verifier_reports_an_unreachable_server(capsys):
    assert verify.main(["http://127.0.0.1:1"]) == 2
    assert capsys.readouterr().err.startswith("No server can be reached at http://127.0.0.1:1")


class NotBobbin(BaseHTTPRequestHandler):
    status, location = 200, ""

    def do_GET(self):
        self.send_response(self.status)
        if self.location:
            self.send_header("Location", self.location)
        self.end_headers()
        self.wfile.write(b"<title>It works!</title>")

    def log_message(self, format, *args):
        pass


@pytest.mark.parametrize(
    ("status", "location", "saying"),
    [
        (200, "", "What answers at {} is not Bobbin"),
        (404, "", "What answers at {} is not Bobbin"),
        (301, "https://bobbin.example/", "{} sends its visitors to https://bobbin.example/"),
    ],
)
def test_verifier_reports_another_server(status, location, saying, capsys):
    handler = type("Handler", (NotBobbin,), {"status": status, "location": location})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"

        assert verify.main([url]) == 2
        server.shutdown()

    said = capsys.readouterr()
    assert said.err.startswith(saying.format(url))
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_invalid_address_is_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        verify.main(["127.0.0.1:8000"])

    assert stopped.value.code == 2
    assert "does not begin with http" in capsys.readouterr().err
