"""The six features, and that nobody sees what is not theirs."""

import pytest
import verify
from bobbin_verify.patient import Patient

from conftest import BASE_URL, ask


def test_the_six_features(capsys, monkeypatch):
    monkeypatch.setattr(verify, "Member", Patient)

    assert verify.main([BASE_URL]) == 0, capsys.readouterr()
    assert "Overall: 6/6 tasks passed" in capsys.readouterr().out


def of_a_thread(root: int) -> list[str]:
    message = f"/chats/message/{root}/"
    return [f"/chats/thread/{root}/", message, f"{message}history/", f"{message}reply/", f"{message}edit/"]


def test_charlie_sees_nothing_of_what_alice_wrote_to_bob(charlie, thread):
    for path in of_a_thread(thread):
        page = charlie.get(path, status=404)
        assert "For Bob alone" not in page.body
    for path in ("/chats/", "/chats/unread/", "/chats/notifications/"):
        assert "For Bob alone" not in charlie.get(path).body


def test_charlie_is_told_the_same_of_what_is_not_his_and_of_what_is_not(charlie, thread):
    theirs, nobodys = f"/chats/thread/{thread}/", "/chats/thread/999999999/"

    assert charlie.get(theirs, status=404).body == charlie.get(nobodys, status=404).body


def test_charlie_can_neither_answer_nor_change_it(charlie, bob, thread):
    for path in of_a_thread(thread)[3:]:
        charlie.get("/chats/new/")  # For a token.
        assert charlie.post(path, content="I was here").status == 404

    assert [message.content for message in bob.thread(thread)] == ["For Bob alone, really"]


def test_who_is_not_logged_in_is_asked_to(thread):
    for path in (*of_a_thread(thread), "/chats/", "/chats/unread/", "/chats/notifications/"):
        answer = ask("GET", path)
        assert (answer.status, answer.headers["Location"]) == (302, f"/accounts/login/?next={path}")


@pytest.mark.parametrize("path", ["/chats/", "/chats/unread/", "/chats/notifications/"])
def test_no_proxy_may_keep_a_page(alice, thread, path):
    for _ in range(2):  # Made anew, then from the cache.
        kept = alice.get(path).headers["Cache-Control"]
        assert "private" in kept
        assert "public" not in kept
