"""`make bench-http` counts lost, duplicated and misdelivered messages, and rejects wrong responses."""

from http.client import HTTPMessage

import pytest

from bench.under_load.clients import wrong_with
from tests.support.audit import Audit, Found, Sent, compare

ALICE, BOB, CHARLIE, PARENT = 1, 2, 3, 70
SENT = [Sent("first", ALICE, BOB, PARENT), Sent("second", BOB, ALICE, PARENT)]
FOUND = [Found(*sent, notified=sent.receiver, place=1) for sent in SENT]


def test_audit_of_correctly_delivered_messages_is_clean():
    audit = compare(SENT, FOUND)

    assert audit == Audit(acknowledged=2, lost=0, doubled=0, misdelivered=0)
    assert audit.is_clean


def test_audit_of_a_repeated_send_counts_one_message():
    assert compare([*SENT, SENT[0]], FOUND) == compare(SENT, FOUND)


def test_audit_with_an_unacknowledged_message_that_arrived_is_clean():
    """The connection broke before the response arrived."""
    assert compare(SENT[:1], FOUND).is_clean


@pytest.mark.parametrize(
    ("found", "audit"),
    [
        (FOUND[:1], Audit(2, lost=1, doubled=0, misdelivered=0)),
        ([], Audit(2, lost=2, doubled=0, misdelivered=0)),
        ([*FOUND, FOUND[0]], Audit(2, lost=0, doubled=1, misdelivered=0)),
        ([*FOUND, FOUND[0], FOUND[0]], Audit(2, lost=0, doubled=2, misdelivered=0)),
        ([FOUND[0]._replace(receiver=CHARLIE), FOUND[1]], Audit(2, lost=0, doubled=0, misdelivered=1)),
        ([FOUND[0]._replace(sender=CHARLIE), FOUND[1]], Audit(2, lost=0, doubled=0, misdelivered=1)),
        ([FOUND[0]._replace(parent=71), FOUND[1]], Audit(2, lost=0, doubled=0, misdelivered=1)),
        ([FOUND[0]._replace(notified=CHARLIE), FOUND[1]], Audit(2, lost=0, doubled=0, misdelivered=1)),
        ([FOUND[0]._replace(notified=None), FOUND[1]], Audit(2, lost=0, doubled=0, misdelivered=1)),
        ([FOUND[0]._replace(place=0), FOUND[1]], Audit(2, lost=0, doubled=0, misdelivered=1)),
    ],
)
def test_audit_counts_lost_doubled_and_misdelivered_messages(found, audit):
    assert compare(SENT, found) == audit
    assert not audit.is_clean


def test_wrong_counters_are_not_clean():
    assert not compare(SENT, FOUND)._replace(wrong_counters=1).is_clean


BODY = b'<a>alice</a><li data-counterpart="bob">Hello</li>'
VISIT = {
    "path": "/chats/",
    "holds": [">alice</a>", "Hello"],
    "rows": ["<li data-counterpart=", 1],
    "names": {b"bob"},
    "cache": "hit",
}


def _headers(**values):
    message = HTTPMessage()
    for name, value in values.items():
        message[name.replace("_", "-")] = value
    return message


def test_correct_response_is_accepted():
    assert wrong_with(VISIT, 200, _headers(X_Cache="hit"), BODY) == ""


@pytest.mark.parametrize(
    ("status", "cache", "body", "wrong"),
    [
        (500, "hit", BODY, "status 500"),
        (200, "miss", BODY, "cache: miss"),
        (200, "hit", BODY.replace(b"alice", b"charlie"), "holds no '>alice</a>'"),
        (200, "hit", BODY.replace(b"Hello", b""), "holds no 'Hello'"),
        (200, "hit", BODY * 2, "2 rows instead of 1"),
        (200, "hit", BODY.replace(b"bob", b"charlie"), "somebody else's"),
    ],
)
def test_wrong_response_is_refused(status, cache, body, wrong):
    assert wrong in wrong_with(VISIT, status, _headers(X_Cache=cache), body)


def test_floor_response_with_another_number_of_bytes_is_refused():
    assert wrong_with({"path": "/floor/3/", "bytes": 3}, 200, _headers(), b"...") == ""
    assert "4 bytes instead of 3" in wrong_with({"path": "/floor/3/", "bytes": 3}, 200, _headers(), b"....")
