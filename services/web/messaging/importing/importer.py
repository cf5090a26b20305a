"""Import of records, one transaction per batch. Existing messages are kept, invalid lines are reported."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from caching.transactions import on_commit
from messaging.importing.members import Members
from messaging.importing.records import BadLineError, Record, parse
from messaging.models import Message
from messaging.statements import execute
from observability import metrics

ALREADY_THERE = """
SELECT m.client_id, m.id FROM messaging_message m
JOIN unnest(%s::bigint[], %s::uuid[]) AS wanted (sender_id, client_id) USING (sender_id, client_id)
"""
SKIPPED = -1  # The message id of a record that was not imported.


class Seen(NamedTuple):
    """The data of a record that later records are validated against."""

    number: int
    client_id_hash: int
    people: frozenset[str]
    message_id: int


@dataclass
class Counts:
    lines: int = 0
    added: int = 0
    threads: int = 0
    already_there: int = 0
    skipped: int = 0


@dataclass
class Importer:
    """Imports lines in batches. Calls `report(number, reason)` for each skipped line."""

    report: Callable[[int, str], None]
    unread: bool = False
    counts: Counts = field(default_factory=Counts)
    members: Members = field(default_factory=Members)
    _seen: dict[int, Seen] = field(default_factory=dict)

    def add(self, batch: list[tuple[int, bytes]]) -> None:
        """Import these lines in one transaction. Invalid lines are reported and skipped."""
        before = replace(self.counts)
        records = [record for number, line in batch if (record := self._read(number, line))]
        with transaction.atomic():
            # The timeout is meant for pages. LOCAL, because a pooler shares the session with other clients.
            execute("default", "SET LOCAL statement_timeout = 0", None)
            written, there = self._write(records)
        # Count after the transaction, so that an interrupted import reports what it has written.
        self.counts.lines += len(batch)
        self.counts.added += len(written)
        self.counts.already_there += there
        self.counts.threads += sum(message.parent_message_id is None for message in written)
        # With --strict and --dry-run, a transaction around all batches commits or rolls back.
        on_commit("default", _count_lines, before, replace(self.counts))

    def _read(self, number: int, line: bytes) -> Record | None:
        try:
            return self._check(parse(number, line))
        except BadLineError as error:
            if error.id is not None:
                self._seen.setdefault(error.id, Seen(number, 0, frozenset(), SKIPPED))
            self.counts.skipped += 1
            self.report(number, str(error))
        return None

    def _check(self, record: Record) -> Record | None:
        """Return the record, or None if it repeats an earlier one. Raise BadLineError for a conflict."""
        people = frozenset((record.sender, record.receiver))
        before = self._seen.get(record.id)
        if before is not None and before.message_id != SKIPPED:
            if before.client_id_hash == hash(record.client_id):
                self.counts.already_there += 1
                return None
            raise BadLineError(f"id {record.id} is also on line {before.number}, with other values")
        mine = Seen(record.number, hash(record.client_id), people, SKIPPED)
        self._seen[record.id] = mine
        if record.parent is not None:
            parent = self._seen.get(record.parent)
            if parent is None or record.parent == record.id:
                raise BadLineError(f"its parent {record.parent} is on no line before it")
            if parent.message_id == SKIPPED:
                raise BadLineError(f"its parent, on line {parent.number}, was skipped")
        # 0 until the message is written: other records may already reply to it.
        self._seen[record.id] = mine._replace(message_id=0)
        return record

    def _write(self, records: list[Record]) -> tuple[list[Message], int]:
        """Write the new messages. Return them, and the number of records that were imported before."""
        self.members.prepare(name for record in records for name in (record.sender, record.receiver))
        ids = self.members.ids
        there = self._already_there(records)
        messages: dict[int, Message] = {}
        for record in records:
            if record.client_id in there:
                self._remember(record, there[record.client_id])
                continue
            if reason := self._refusal(record):
                self._remember(record, SKIPPED)
                self.counts.skipped += 1
                self.report(record.number, reason)
                continue
            messages[record.id] = Message(
                sender_id=ids[record.sender],
                receiver_id=ids[record.receiver],
                content=record.content,
                timestamp=record.timestamp,
                read=not self.unread,
                client_id=record.client_id,
                **self._parent(record, messages),
            )
        Message.objects.bulk_create(messages.values())
        for record in records:
            if record.id in messages:
                self._remember(record, messages[record.id].pk)
        return list(messages.values()), sum(record.client_id in there for record in records)

    def _refusal(self, record: Record) -> str | None:
        """Return the reason why a new message cannot be delivered, or None."""
        ids = self.members.ids
        people = {ids[record.sender], ids[record.receiver]}
        if len(people) == 1:
            return "sender and receiver are the same member"
        if ids[record.receiver] in self.members.inactive:
            return f"the account of its receiver {record.receiver!r} is deactivated"
        if record.parent is None:
            return None
        parent = self._seen[record.parent]
        if parent.message_id == SKIPPED:
            return f"its parent, on line {parent.number}, was skipped"
        if {ids[name] for name in parent.people} != people:
            return f"its parent, on line {parent.number}, is between other people"
        return None

    def _parent(self, record: Record, messages: dict[int, Message]) -> dict[str, Message | int]:
        if record.parent is None:
            return {}
        if record.parent in messages:
            return {"parent_message": messages[record.parent]}
        return {"parent_message_id": self._seen[record.parent].message_id}

    def _already_there(self, records: list[Record]) -> dict[UUID, int]:
        senders = [self.members.ids[record.sender] for record in records]
        return dict(execute("default", ALREADY_THERE, [senders, [record.client_id for record in records]]))

    def _remember(self, record: Record, message_id: int) -> None:
        self._seen[record.id] = self._seen[record.id]._replace(message_id=message_id)


def _count_lines(before: Counts, after: Counts) -> None:
    for result in metrics.LINES:
        metrics.IMPORT_LINES.labels(result).inc(getattr(after, result) - getattr(before, result))
