"""`manage.py import_messages`: which lines it writes, keeps or refuses."""

import gzip
import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.models import User
from messaging.importing import importer
from messaging.importing.importer import Importer
from messaging.management.commands import import_messages
from messaging.models import Conversation, Message, Participant
from notifications.models import Notification

pytestmark = pytest.mark.django_db(transaction=True)


def line(pk, sender="ann", receiver="ben", content="hi", parent=None, **more):
    record = {"id": pk, "sender": sender, "receiver": receiver, "content": content, "parent": parent}
    return record | {"timestamp": f"2004-12-25T03:{pk % 60:02}:00+00:00"} | more


THREAD = [line(1), line(2, "ben", "ann", "yo", 1), line(3, "ann", "cid"), line(4, content="so", parent=2)]


@pytest.fixture
def load(tmp_path):
    """Return a function that imports records or raw lines and returns the output."""

    def run(records, *options):
        path = tmp_path / "messages.jsonl"
        raw = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in records]
        path.write_bytes(b"\n".join(raw) + b"\n")
        out = io.StringIO()
        call_command("import_messages", str(path), *options, stdout=out, stderr=out)
        return out.getvalue()

    return run


@pytest.fixture
def refused(load):
    """Return a function that imports invalid lines and returns the messages about them."""

    def run(records, *options):
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(import_messages.tqdm, "write", lambda text, file: out.write(text + "\n"))
            with pytest.raises(CommandError) as error:
                load(records, *options)
        return out.getvalue() + str(error.value)

    return run


def _everything():
    """Return everything that messages create, without ids, which depend on other tests."""
    names = dict(User.objects.values_list("pk", "username"))
    texts = dict(Message.objects.values_list("pk", "content"))
    return (
        sorted((names[m.sender_id], m.content, m.read, texts.get(m.parent_message_id), texts[m.thread])
               for m in Message.objects.all()),
        sorted((names[p.user_id], names[p.counterpart_id], texts[p.last_message_id], p.unread_count)
               for p in Participant.objects.all()),
        sorted((names[n.user_id], texts[n.message_id], n.content, n.read)
               for n in Notification.objects.all()),
    )  # fmt: skip


def test_import_creates_messages_with_threads_times_and_members(load):
    said = load(THREAD)

    assert "4 messages added" in said
    root, _, _, last = Message.objects.order_by("pk")
    assert (last.thread, last.parent_message.content) == (root.pk, "yo")
    assert root.timestamp.isoformat() == "2004-12-25T03:01:00+00:00"
    assert not User.objects.get(username="ann").has_usable_password()
    assert Conversation.objects.count() == 2


def test_imported_messages_are_read_and_so_are_their_notifications(load):
    load(THREAD)

    assert not Message.unread.exists()
    assert set(Notification.objects.values_list("read", flat=True)) == {True}
    assert set(Participant.objects.values_list("unread_count", flat=True)) == {0}


def test_importing_unread_equals_sending_each_message(load):
    load(THREAD, "--unread")
    imported = _everything()
    for user in User.objects.all():
        user.delete()
    people = {name: User.objects.create(username=name) for name in ("ann", "ben", "cid")}
    sent = {}
    for r in THREAD:
        sent[r["id"]] = Message.objects.create(
            sender=people[r["sender"]], receiver=people[r["receiver"]], content=r["content"],
            parent_message=sent.get(r["parent"]),
        )  # fmt: skip

    assert _everything() == imported


def test_a_second_run_adds_nothing(load):
    load(THREAD)
    before = _everything()
    said = load(THREAD)

    assert "0 messages added, 4 already there, 0 skipped" in said
    assert "0 members created, 3 found" in said
    assert _everything() == before


def test_the_same_line_twice_is_one_message(load):
    assert "1 messages added, 1 already there" in load([line(1), line(1)])


def test_an_interrupted_import_is_completed_by_the_next(load, monkeypatch):
    monkeypatch.setattr(import_messages, "BATCH", 2)
    write, calls = Importer._write, []

    def interrupted(self, records):
        calls.append(1)
        written = write(self, records)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return written

    with monkeypatch.context() as patch:
        patch.setattr(Importer, "_write", interrupted)
        with pytest.raises(CommandError, match="2 messages were imported; run the same command again"):
            load(THREAD)
    assert Message.objects.count() == 2

    assert "2 messages added, 2 already there" in load(THREAD)
    assert (
        Message.objects.get(content="so").thread
        == Message.objects.get(content="hi", receiver__username="ben").pk
    )


BAD = [
    (b"{", "not JSON"),
    (b"[1]", "not a JSON object"),
    (b'{"id": 1\xff}', "not UTF-8"),
    (b"[" * 100_000, "not JSON"),
    (b'{"a": "' + b"x" * 1_000_001 + b'"}', "longer than 1,000,000 bytes"),
    ({k: v for k, v in line(9).items() if k != "content"}, "content is missing"),
    (line(9) | {"id": "9"}, "id must be a number"),
    (line(9) | {"id": True}, "id must be a number"),
    (line(9, content=7), "content must be text"),
    (line(9, content=" \n"), "cannot be empty"),
    (line(9, content="x" * 10_001), "at most 10,000 characters"),
    (line(9, content="a\x00b"), "cannot be sent"),
    (line(9, content="\ud800"), "cannot be sent"),
    (line(9, sender=""), "sender is empty"),
    (line(9, sender="ben"), "sender and receiver are the same"),
    (line(9, timestamp="yesterday"), "not a date and time"),
    (line(9, timestamp="2004-12-25T03:00:00"), "no offset"),
    (line(9, timestamp="0001-01-01T00:00:00+14:00"), "not a date and time"),
    (line(9, parent=9), "its parent 9 is on no line before it"),
    (line(9, parent=77), "its parent 77 is on no line before it"),
    (line(9, parent="1"), "parent must be a number"),
    (line(9, receiver="cid", parent=1), "its parent, on line 1, is between other people"),
    (line(1, content="other"), "id 1 is also on line 1, with other values"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_bad_line_is_reported_with_its_number_and_the_rest_goes_on(refused, bad, reason):
    said = refused([line(1), bad, line(3)])

    assert "line 2: " in said
    assert reason in said
    assert "1 line was skipped" in said
    assert Message.objects.count() == 2


def test_replies_to_a_skipped_message_are_skipped_with_the_reason(refused):
    said = refused([line(1, content=""), line(2, parent=1), line(3, parent=2), line(4)])

    assert "line 2: its parent, on line 1, was skipped" in said
    assert "line 3: its parent, on line 2, was skipped" in said
    assert Message.objects.count() == 1


def test_strict_writes_nothing_at_all_when_a_line_is_bad(refused, load, monkeypatch):
    monkeypatch.setattr(import_messages, "BATCH", 1)
    assert "nothing was written" in refused([line(1), line(2), b"{"], "--strict")
    assert not User.objects.exists()

    load([line(1), line(2)], "--strict")
    assert Message.objects.count() == 2


def test_dry_run_reports_and_writes_nothing(load):
    assert "4 messages would be added" in load(THREAD, "--dry-run")
    assert not User.objects.exists()
    assert not Message.objects.exists()


def test_reports_are_bounded(refused):
    said = refused([b"{"] * 80)

    assert said.count("line ") == 50
    assert "80 lines were skipped" in said


def test_names_that_cannot_be_usernames_get_the_same_substitute_every_time(load):
    odd = ["a|b", "a\\b", "Cal[] John", "x" * 200, "ﬁ", "|", "a\x00b"]
    records = [line(n, sender=name) for n, name in enumerate(odd)]
    said = load(records, "-v", "2")
    names = set(User.objects.values_list("username", flat=True))

    assert len(names) == len(odd) + 1
    assert "'a|b' is a_b-" in said
    for user in User.objects.all():
        user.full_clean(exclude=["password"])
    load(records)
    assert set(User.objects.values_list("username", flat=True)) == names


def test_names_that_differ_only_by_case_stay_two_people(load):
    records = [line(1, sender="Ann"), line(2, sender="ann"), line(3, sender="ANN")]
    load(records)
    names = sorted(User.objects.values_list("username", flat=True))
    load(records)

    assert len(names) == 4
    assert "Ann" in names
    assert sorted(User.objects.values_list("username", flat=True)) == names


def test_an_existing_member_is_found_by_the_exact_name_only(load, member):
    ann, ben = member("ann"), member("BEN")
    load([line(1)])

    assert Message.objects.get().sender == ann
    assert Message.objects.get().receiver != ben


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input_may_be_plain_or_gzip(packed, monkeypatch):
    raw = "\n".join(json.dumps(r) for r in THREAD).encode()
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(raw) if packed else raw)))
    )
    call_command("import_messages", "-", stdout=io.StringIO())

    assert Message.objects.count() == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        ("folder", "cannot be read: Is a directory"),
        (gzip.compress(b"x" * 100_000)[:40], "damaged or incomplete gzip"),
    ],
    ids=["missing", "folder", "damaged"],
)
def test_unreadable_file_is_reported_in_one_line(tmp_path, content, said):
    path = tmp_path / "f.gz"
    if content == "folder":
        path.mkdir()
    elif content:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=said):
        call_command("import_messages", str(path), stderr=io.StringIO())


def test_a_truncated_gzip_file_keeps_the_batches_before(tmp_path, monkeypatch):
    monkeypatch.setattr(import_messages, "BATCH", 10)
    raw = "\n".join(json.dumps(line(n, content=f"{n * 7919}")) for n in range(2000)).encode()
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(raw)[:-2000])
    with pytest.raises(CommandError, match="Import a complete copy"):
        call_command("import_messages", str(path), stderr=io.StringIO())

    assert 0 < Message.objects.count() < 2000


def test_lost_database_is_reported_in_one_line(load, monkeypatch):
    from django.db import OperationalError

    def gone(self, records):
        raise OperationalError("server closed the connection unexpectedly\nmore")

    monkeypatch.setattr(Importer, "_write", gone)
    with pytest.raises(
        CommandError, match=r"PostgreSQL: server closed the connection unexpectedly\. 0 messages"
    ):
        load(THREAD)


def test_batch_is_written_completely_or_not_at_all(load, monkeypatch):
    monkeypatch.setattr(importer.Importer, "_remember", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load(THREAD)

    assert not Message.objects.exists()
    assert not transaction.get_connection().in_atomic_block


def test_gzip_cut_within_its_first_batch_keeps_every_line_that_can_be_read(tmp_path):
    raw = "\n".join(json.dumps(line(n, content=f"{n * 7919}")) for n in range(1500)).encode()
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(raw)[:-500])
    with pytest.raises(CommandError, match="lines could be read"):
        call_command("import_messages", str(path), stderr=io.StringIO())

    assert 0 < Message.objects.count() < 1500


@pytest.mark.parametrize("cut", [1, 4, 8, 9, 400, 5_000])
def test_gzip_cut_anywhere_says_what_was_kept_and_what_to_do(tmp_path, cut):
    raw = "\n".join(json.dumps(line(n, content=f"{n * 7919}")) for n in range(1500)).encode()
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(raw)[:-cut])
    with pytest.raises(CommandError) as said:
        call_command("import_messages", str(path), stderr=io.StringIO())
    kept = Message.objects.count()

    assert f"{kept:,} lines could be read, and {kept:,} messages were imported." in str(said.value)
    assert "Import a complete copy of the file for the rest" in str(said.value)
    assert "same command" not in str(said.value)
    path.write_bytes(gzip.compress(raw))
    call_command("import_messages", str(path), stdout=io.StringIO())
    assert Message.objects.count() == 1500


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "parts",
    [
        (MARK + b"{0}\n{1}\n{2}\n{3}",),
        (MARK + b"{0}\r\n{1}\r\n", MARK + b"{2}\r\n{3}\r\n"),  # Two files, concatenated.
        (MARK + b"\n{0}\n{1}\n", MARK + MARK + b"{2}\n{3}\n" + MARK),
        (b"\n" + MARK + b"{0}\n", MARK + b"{1}\n", MARK + b"{2}\n", MARK + b"{3}\n"),
    ],
)
def test_byte_order_mark_at_the_start_of_a_line_is_ignored(pack, parts, tmp_path):
    path = tmp_path / "marked"
    for number, record in enumerate(THREAD):
        parts = [part.replace(b"{%d}" % number, json.dumps(record).encode()) for part in parts]
    path.write_bytes(b"".join(map(pack, parts)))
    call_command("import_messages", str(path), stdout=io.StringIO())

    assert Message.objects.count() == 4


def test_byte_order_mark_alone_is_an_empty_file(load):
    assert "0 messages added" in load([MARK])


def test_byte_order_mark_within_a_line_is_reported(refused):
    marked = json.dumps(line(2)).encode() + MARK

    assert "line 2: not JSON (Extra data" in refused([line(1), marked])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("2016-12-31T23:59:60.5+00:00", "2017-01-01T00:00:00+00:00"),
        ("2017-01-01T08:59:60+09:00", "2017-01-01T00:00:00+00:00"),
        ("2020-02-28T24:00:00Z", "2020-02-29T00:00:00+00:00"),
        ("2020-02-28T24:00Z", "2020-02-29T00:00:00+00:00"),
        ("2020-02-28T12:00:00z", "2020-02-28T12:00:00+00:00"),
        ("2020-02-28t12:00:00z", "2020-02-28T12:00:00+00:00"),
        ("20161231T235960Z", "2017-01-01T00:00:00+00:00"),
        ("20161231t235960z", "2017-01-01T00:00:00+00:00"),
        ("2016-12-31T23:59:60,25Z", "2017-01-01T00:00:00+00:00"),
        ("2016-12-31 23:59:60-0000", "2017-01-01T00:00:00+00:00"),
        ("2016-W52-6T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("2020-02-28T24Z", "2020-02-29T00:00:00+00:00"),
        ("20200228T2400Z", "2020-02-29T00:00:00+00:00"),
        ("20200228T240000,0+0000", "2020-02-29T00:00:00+00:00"),
        ("2020-02-28T24:00:00.000-05:00", "2020-02-29T05:00:00+00:00"),
    ],
)
def test_times_that_iso_8601_and_rfc_3339_allow_are_read(written, meant, load):
    load([line(1, timestamp=written)])

    assert Message.objects.get().timestamp.isoformat() == meant


@pytest.mark.parametrize(
    "time",
    ["24:00:01Z", "24:01:00Z", "23:58:60Z", "23:59:61Z", "25:00:00Z", "24:0000Z", "2359:60Z", "24:00:00.1Z"],
)
def test_times_beyond_the_day_are_reported(time, refused):
    assert "not a date and time" in refused([line(1, timestamp=f"2020-02-28T{time}")])
