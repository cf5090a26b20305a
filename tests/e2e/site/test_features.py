"""The six features, and the privacy of messages."""

import pytest

from tests.e2e import verify
from tests.e2e.site.address import BASE_URL, fetch
from tests.support.http_client.patient import Patient


def test_the_six_features(capsys, monkeypatch):
    monkeypatch.setattr(verify, "Member", Patient)

    assert verify.main([BASE_URL]) == 0, capsys.readouterr()
    assert "Overall: 6/6 tasks passed" in capsys.readouterr().out


def of_a_thread(root: int) -> list[str]:
    message = f"/chats/message/{root}/"
    return [f"/chats/thread/{root}/", message, f"{message}history/", f"{message}reply/", f"{message}edit/"]


def test_charlie_sees_no_message_from_alice_to_bob(charlie, thread):
    for path in of_a_thread(thread):
        page = charlie.get(path, status=404)
        assert "For Bob alone" not in page.body
    for path in ("/chats/", "/chats/unread/", "/chats/notifications/"):
        assert "For Bob alone" not in charlie.get(path).body


def test_forbidden_and_missing_threads_return_the_same_404(charlie, thread):
    forbidden, missing = f"/chats/thread/{thread}/", "/chats/thread/999999999/"

    assert charlie.get(forbidden, status=404).body == charlie.get(missing, status=404).body


def test_charlie_can_neither_reply_to_nor_edit_a_message_of_others(charlie, bob, thread):
    for path in of_a_thread(thread)[3:]:
        charlie.get("/chats/new/")  # Sets the CSRF cookie.
        assert charlie.post(path, content="I was here").status == 404

    assert [message.content for message in bob.thread(thread)] == ["For Bob alone, really"]


def test_anonymous_request_is_redirected_to_the_log_in(thread):
    for path in (*of_a_thread(thread), "/chats/", "/chats/unread/", "/chats/notifications/"):
        answer = fetch("GET", path)
        assert (answer.status, answer.headers["Location"]) == (302, f"/accounts/login/?next={path}")


@pytest.mark.parametrize("path", ["/chats/", "/chats/unread/", "/chats/notifications/"])
def test_pages_are_private_for_proxies(alice, thread, path):
    for _ in range(2):  # First rendered, then from the cache.
        kept = alice.get(path).headers["Cache-Control"]
        assert "private" in kept
        assert "public" not in kept
