"""Every way to write a message refuses a text that shows nothing, and accepts joined letters."""

import json

import pytest
from django.core.management import CommandError, call_command

from messaging.models import Message, MessageHistory

NOTHING = [
    "\u200b",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u2800",
    "\u3164",
    "\u200e",
    "\u202e",
    "\ufe0f",
    "\U000e0041",
    "\u034f",
    "\u115f",
    "\u1160",
    "\u180e",
    "\u0001",
    "\u007f",
    "\u0085",
    "\uffa0",
    "\u2066",
    "\u2028",
    "\u3000",
    "\u0301",
    "\U000e0100",
    "\u17b5",
    "\U0001d173",
    "\ufdd0",
    "\ufff0",
    "\u200d\u200d",
    " \u2800\n\u200b\t\u3164 ",
    "\u061c\u2800",
    "\u0301\u0302 \u034f",
    # Unassigned code points, also one that Unicode reserves for invisible characters. Noncharacters. Private
    # use.
    "\u0378",
    "\u05ff\U0001ffff",
    "\U000e0fff",
    "\U0003fffd",
    "\ufdef",
    "\U0010ffff",
    "\ue000",
    "\uf8ff",
    "\U000f0000 \U0010fffd",
    # Assigned characters that are blank by design.
    "\U0001d159",
    "\U00013441",
    "\U00013442\u2800",
    "\u17b4",
    "\u180b\u180c\u180d\u180f",
    "\U000e0001\U000e0065\U000e007f",
    "\ufe00\U000e01ef",
    "\ufff9\ufffa\ufffb",
    "\U00013430",
    "\u1680",
    "\u205f\u202f\u2009",
    "\u2061\u2064\u206a",
    "\U0001bca0",
    "\u20e3",
    "\U00016fe4",
    "\u0378\ue000\U00013441\u200b",
]
SOMETHING = [
    "👨\u200d👩\u200d👧",
    "❤\ufe0f",
    "🇩🇪",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "می\u200cخواهم",
    "Web\u00adstuhl",
    "1\ufe0f\u20e3",
    "क\u094d\u200dष",
    "e\u0301",
    ".",
    "…",
    "￼",
    "\ue000 key",
    "\u0378?",
    "\U0001d159.",
    "\u0600",
    "\u06dd",
    "\U000110bd",
    "\U0001fc5a\U0001fbf0",
    "\U0001faff",
    "\u303f",
    "\u2423",
    "\u00b4",
    "\ufffd",
    "\u2801",
    "\u0903a",
    "한",
    "織機",
    "\u200fשלום",
]


@pytest.mark.parametrize("text", NOTHING, ids=ascii)
def test_text_that_shows_nothing_is_refused_in_new_reply_and_edit(browser_of, message, alice, text):
    pages = browser_of(alice)
    reply, edit = (f"/chats/message/{message.pk}/{page}/" for page in ("reply", "edit"))

    for address, form in (("/chats/new/", {"to": "bob"}), (reply, {}), (edit, {})):
        assert pages.post(address, form | {"content": text}).status_code == 422, address
    assert Message.objects.get().content == "Good morning, Bob"
    assert not MessageHistory.objects.exists()


@pytest.mark.parametrize("text", SOMETHING, ids=ascii)
def test_text_of_joined_or_marked_letters_is_sent_as_it_is(browser_of, alice, bob, text):
    assert browser_of(alice).post("/chats/new/", {"to": "bob", "content": text}).status_code == 302
    assert Message.objects.get().content == text


@pytest.mark.django_db
def test_import_reports_the_line_of_a_text_that_shows_nothing(tmp_path, capsys):
    texts = ["\u200b", "seen", *NOTHING]
    lines = [
        {
            "id": number,
            "sender": "ann",
            "receiver": "ben",
            "content": text,
            "timestamp": "2004-01-01T00:00:00Z",
        }
        for number, text in enumerate(texts, start=1)
    ]
    file = tmp_path / "messages.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    with pytest.raises(CommandError, match=f"{len(texts) - 1} lines were skipped"):
        call_command("import_messages", str(file))

    assert Message.objects.get().content == "seen"
    assert f"{len(texts) - 1} skipped" in capsys.readouterr().out
