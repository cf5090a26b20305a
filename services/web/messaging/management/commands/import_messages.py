"""`manage.py import_messages FILE`: import messages from JSON lines."""

import itertools
import time

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction
from tqdm import tqdm

from messaging.importing.importer import Importer
from messaging.importing.records import UnreadableError, batches, opened
from messaging.models import Conversation

BATCH = 2_000
REPORTED_AT_MOST = 50


class Command(BaseCommand):
    help = (
        "Import messages from JSON lines (plain or gzip): objects with id, sender, receiver, content, "
        "timestamp (ISO 8601 with offset) and parent (the id of an earlier line, or null). Missing members "
        "are created with unusable passwords. Existing messages are not changed, so you can repeat an "
        "interrupted import. The exit status is 1 if lines were skipped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a file, or - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="report the result, but write nothing")
        parser.add_argument("--strict", action="store_true", help="write nothing if any line is bad")
        parser.add_argument("--unread", action="store_true", help="leave the imported messages unread")

    def handle(
        self, *, file: str, dry_run: bool, strict: bool, unread: bool, verbosity: int, **options: object
    ) -> None:
        self.importer = Importer(report=self._report, unread=unread)
        self.reported = 0
        conversations, began = Conversation.objects.count(), time.monotonic()
        try:
            if dry_run or strict:
                self._import_at_once(file, keep=not dry_run)
            else:
                self._import(file)
        except UnreadableError as error:
            raise CommandError(f"{error}. {self._readable(dry_run or strict)}") from error
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"PostgreSQL: {reason}. {self._so_far(dry_run or strict)}") from error
        except KeyboardInterrupt:
            raise CommandError(f"Interrupted. {self._so_far(dry_run or strict)}", returncode=130) from None
        self._summary(
            Conversation.objects.count() - conversations, time.monotonic() - began, dry_run, verbosity
        )
        self._end(dry_run, strict)

    def _import_at_once(self, file: str, *, keep: bool) -> None:
        with transaction.atomic():
            self._import(file)
            if not keep or self.importer.counts.skipped:
                transaction.set_rollback(True)

    def _import(self, file: str) -> None:
        with (
            opened(file) as (text, raw, size),
            tqdm(total=size, unit="B", unit_scale=True, disable=None) as bar,
        ):
            for batch in batches(text, BATCH):
                self.importer.add(batch)
                if size is not None:
                    bar.update(raw.tell() - bar.n)
                bar.set_postfix_str(f"{self.importer.counts.added:,} messages")
                if bar.disable and self.importer.counts.lines % (10 * BATCH) == 0:
                    self.stderr.write(f"{self.importer.counts.lines:,} lines read")

    def _report(self, number: int, reason: str) -> None:
        self.reported += 1
        if self.reported <= REPORTED_AT_MOST:
            tqdm.write(f"line {number}: {reason}", file=self.stderr)

    def _summary(self, conversations: int, seconds: float, dry_run: bool, verbosity: int) -> None:
        counts, members = self.importer.counts, self.importer.members
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{counts.lines:,} lines read in {seconds:.1f} s\n"
            f"{counts.added:,} messages {would}added, {counts.already_there:,} already there, "
            f"{counts.skipped:,} skipped\n"
            f"{counts.threads:,} threads and {max(conversations, 0):,} conversations {would}added\n"
            f"{members.made:,} members {would}created, {members.found:,} found, "
            f"{len(members.mapped):,} with another name than in the file"
        )
        shown = members.mapped.items() if verbosity > 1 else itertools.islice(members.mapped.items(), 10)
        for nickname, name in shown:
            self.stdout.write(f"  {nickname!r} is {name}")
        if verbosity < 2 and len(members.mapped) > 10:
            self.stdout.write("  ... (-v 2 lists all)")

    def _end(self, dry_run: bool, strict: bool) -> None:
        skipped = self.importer.counts.skipped
        if self.reported > REPORTED_AT_MOST:
            self.stderr.write(f"... and {self.reported - REPORTED_AT_MOST:,} more")
        if skipped and strict:
            raise CommandError(f"{skipped:,} bad line{'s' * (skipped != 1)}; nothing was written (--strict).")
        if skipped:
            verb = "would be" if dry_run else "was" if skipped == 1 else "were"
            raise CommandError(f"{skipped:,} line{'s' * (skipped != 1)} {verb} skipped; see above.")

    def _so_far(self, rolled_back: bool) -> str:
        if rolled_back:
            return "Nothing was written."
        return (
            f"{self.importer.counts.added:,} messages were imported; run the same command again for the rest."
        )

    def _readable(self, rolled_back: bool) -> str:
        counts = self.importer.counts
        if rolled_back or not counts.lines:
            return "Nothing was written."
        return (
            f"{counts.lines:,} lines could be read, and {counts.added:,} messages were imported. "
            "Import a complete copy of the file for the rest; existing messages are not changed."
        )
