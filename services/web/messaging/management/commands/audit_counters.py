"""`manage.py audit_counters`: compare unread counters and the list of threads with the messages."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from messaging import counter_audit
from messaging.counter_audit import Found
from messaging.thread_audit import audit_threads

SHOWN = 20
WRONG, NOT_COMPARED = 1, 2  # Exit statuses.


class Command(BaseCommand):
    help = (
        "Compare the unread counters of inboxes with their messages: a sample of 500, or all, and then the "
        "list of threads too. The exit status is 1 if one is wrong and was not repaired, 2 if they could not "
        "be compared."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="compare all counters and threads, not only a sample"
        )
        parser.add_argument(
            "--repair",
            action="store_true",
            help="compare all counters and threads, and correct the wrong ones",
        )

    def handle(self, *, repair: bool, **options: Any) -> None:
        conversations: list[int] = []
        try:
            if repair or options["all"]:
                found = counter_audit.audit_all(is_repairing=repair)
                conversations = audit_threads(is_repairing=repair)
            else:
                found = counter_audit.audit_sample()
        except Error as error:
            reason = str(error).partition("\n")[0]
            raise CommandError(
                f"The counters could not be compared: {reason}", returncode=NOT_COMPARED
            ) from error
        counter_audit.publish(found.compared, 0 if repair else len(found.wrong))
        problems = [_wrong(found)] if found.wrong else []
        if conversations:
            problems.append(f"The list of threads is wrong for {_some(conversations)}.")
        text = " ".join(problems)
        if not problems:
            self.stdout.write(f"{found.compared:,} counters are right.")
        elif repair:
            self.stdout.write(f"{text} They were repaired.")
        else:
            raise CommandError(f"{text} Run it with --repair to correct them.", returncode=WRONG)


def _wrong(found: Found) -> str:
    ids = _ids(list(found.wrong))
    return f"{len(found.wrong):,} of {found.compared:,} counters are wrong (participants {ids})."


def _some(conversations: list[int]) -> str:
    return f"{len(conversations):,} conversations ({_ids(conversations)})"


def _ids(ids: list[int]) -> str:
    return ", ".join([*map(str, ids[:SHOWN]), *(["..."] if len(ids) > SHOWN else [])])
