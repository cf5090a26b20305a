"""The verifier passes Bobbin, and finds what is wrong with one that is broken."""

import inspect
import logging
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import verify
from django.contrib.auth.decorators import login_required
from django.db.models.signals import post_delete, post_save, pre_save
from django.views.decorators.cache import cache_page

pytestmark = pytest.mark.django_db(transaction=True)
VERIFY = Path(verify.__file__)


def accounts() -> int:
    from accounts.models import User

    return User.objects.count()


def failed(output: str) -> set[int]:
    """The numbers of the tasks that the verifier says have failed."""
    verdicts = re.findall(r"(?m)^(PASS|FAIL) - Task (\d): .+", output)
    assert [number for _, number in verdicts] == list("012345"), output
    return {int(number) for verdict, number in verdicts if verdict == "FAIL"}


@pytest.fixture(autouse=True)
def _quick(settings):
    """The verifier makes four accounts each time, and is not about how their passwords are kept."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    logging.disable()  # Two lines for each of some 500 requests.
    yield
    logging.disable(logging.NOTSET)


# --- Servers with one thing broken each; the docstring says what is wrong with them ---------------------
@pytest.fixture
def disconnect(request):
    """Take a receiver off its signal until the test is over."""

    def take_off(signal, sender, receiver):
        uid = f"{receiver.__module__.partition('.')[0]}.{receiver.__name__}"
        uid = {"messaging.erase": "messaging.erase_messages"}.get(uid, uid)
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
    """The sender is notified too."""
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
    """Saving the same text leaves a history too."""
    from messaging import receivers
    from messaging.models import MessageHistory

    def always(message, using):
        message.edited = True
        MessageHistory.objects.create(
            message=message, old_content=type(message).objects.get(pk=message.pk).content
        )

    monkeypatch.setattr(receivers, "keep_previous_content", always)


@pytest.fixture
def erasure_refused(disconnect):
    """Messages stay, so the database refuses to let go of their sender."""
    from accounts.models import User
    from messaging.receivers import erase

    disconnect(post_delete, User, erase)


@pytest.fixture
def erasure_pretended(monkeypatch):
    from accounts.models import User

    monkeypatch.setattr(User, "delete", lambda self: None)


@pytest.fixture
def flat_threads(monkeypatch):
    from chats import pages

    monkeypatch.setattr(pages, "nest", lambda rows: [(row, 0) for row in rows])


@pytest.fixture
def latest_reply_first(monkeypatch):
    """Nested, but siblings stand in the wrong order."""
    from chats import pages
    from messaging.threads import nest

    def reversed_siblings(rows):
        parents = {row.id: row.parent_message_id for row in rows}

        def path(key):
            return [*path(parents[key]), -key] if key in parents else []

        return sorted(nest(rows), key=lambda placed: path(placed[0].id))

    monkeypatch.setattr(pages, "nest", reversed_siblings)


@pytest.fixture
def open_to_strangers(monkeypatch):
    from messaging.querysets import MessageQuerySet

    monkeypatch.setattr(MessageQuerySet, "visible_to", lambda self, user: self.all())


@pytest.fixture
def unread_list(monkeypatch):
    """Puts another query in the place of the page's."""
    from chats.views import reading
    from messaging.models import Message
    from messaging.prepared import Prepared

    def put(build):
        prepared = Prepared(lambda reader, before: build(Message, reader).for_list(before)[:51])
        monkeypatch.setattr(reading, "UNREAD", prepared)

    return put


@pytest.fixture
def unread_list_never_empties(unread_list):
    unread_list(lambda model, reader: model.objects.filter(receiver=reader).order_by("-pk"))


@pytest.fixture
def unread_list_oldest_first(unread_list):
    unread_list(lambda model, reader: model.unread.for_user(reader).order_by("pk"))


@pytest.fixture
def reading_marks_nothing(monkeypatch):
    from chats.views import reading

    monkeypatch.setattr(reading, "_mark_read", lambda *args, **kwargs: None)


@pytest.fixture
def inbox_view(monkeypatch):
    """Put another view in the place of the inbox."""
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
def inbox_of_somebody_else(inbox_view):
    """Django's own cache_page: kept by address, shown to whoever asks."""
    inbox_view(cache_page(60))


@pytest.fixture
def inbox_stale(inbox_view):
    """Each member's own, but kept for a minute whatever happens."""

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
    """Only new messages make pages new."""
    from chats import cache, receivers

    class OnlyNew:
        forget_member, forget_everything = cache.forget_member, cache.forget_everything

    def message_saved(sender, instance, created, using, **kwargs):
        if created:
            receivers.on_commit(using, OnlyNew.forget_member, [instance.sender_id, instance.receiver_id])

    disconnect(post_save, receivers.Message, receivers.message_saved)
    post_save.connect(message_saved, sender=receivers.Message)
    yield
    post_save.disconnect(message_saved, sender=receivers.Message)


@pytest.fixture
def inbox_public(monkeypatch):
    from chats import cached_pages

    def let_anybody_keep(response, **kwargs):
        response.headers["Cache-Control"] = "public, max-age=60"

    monkeypatch.setattr(cached_pages, "patch_cache_control", let_anybody_keep)


BROKEN = {
    "no_notifications": {0},
    "two_notifications": {0},
    "no_history": {1},
    "history_without_change": {1},
    "erasure_refused": {2},
    "erasure_pretended": {2},
    "flat_threads": {3},
    "latest_reply_first": {3},
    "open_to_strangers": {1, 3},
    "unread_list_never_empties": {4},
    "unread_list_oldest_first": {4},
    "reading_marks_nothing": {0, 4, 5},
    "inbox_not_cached": {5},
    "inbox_of_somebody_else": {2, 5},
    "inbox_stale": {2, 5},
    "inbox_stale_after_edits": {5},
    "inbox_public": {5},
}
KEEPS_ACCOUNTS = {"erasure_refused", "erasure_pretended"}


def test_it_passes_bobbin_and_needs_no_package(live_server):
    command = [sys.executable, "-S", str(VERIFY), live_server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert failed(done.stdout) == set()
    assert done.stdout.endswith("Overall: 6/6 tasks passed\n")
    assert accounts() == 0


@pytest.mark.parametrize("broken", BROKEN)
def test_it_finds_what_is_broken(broken, request, live_server, capsys, exceeded_budgets):
    request.getfixturevalue(broken)

    status = verify.main([live_server.url])

    said = capsys.readouterr()
    assert failed(said.out) == BROKEN[broken], said.out
    assert said.out.endswith(f"Overall: {6 - len(BROKEN[broken])}/6 tasks passed\n")
    assert status == 1
    assert ("Left behind: the account" in said.err) == (broken in KEEPS_ACCOUNTS), said.err
    assert bool(accounts()) == (broken in KEEPS_ACCOUNTS)
    exceeded_budgets.clear()  # What is broken may also be slow.


def test_a_failure_says_what_was_expected_and_seen_and_where(no_notifications, live_server, capsys):
    verify.main([live_server.url])

    line = capsys.readouterr().out.splitlines()[0]
    where = f"at GET {live_server.url}/chats/notifications/ as bob-"
    assert line.startswith("FAIL - Task 0: a message notifies its receiver (expected exactly one")
    assert "saw []" in line
    assert where in line


def test_it_says_that_sign_up_is_closed(live_server, settings, capsys):
    settings.SIGN_UP_OPEN = False

    assert verify.main([live_server.url]) == 2
    assert capsys.readouterr().err.startswith("Sign-up is closed")


def test_it_says_that_nothing_answers(capsys):
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
def test_it_says_that_this_is_not_bobbin(status, location, saying, capsys):
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


def test_an_address_that_is_none_is_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        verify.main(["127.0.0.1:8000"])

    assert stopped.value.code == 2
    assert "does not begin with http" in capsys.readouterr().err
