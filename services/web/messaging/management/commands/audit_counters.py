"""`manage.py audit_counters`: compare unread counters with the messages. Run it every few minutes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from messaging import counter_audit
from messaging.counter_audit import Found

SHOWN = 20
WRONG, NOT_COMPARED = 1, 2  # Exit statuses.


class Command(BaseCommand):
    help = (
        "Compare the unread counters of inboxes with their messages: a sample of 500, or all. The exit "
        "status is 1 if a counter is wrong and was not repaired, 2 if they could not be compared."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="compare all counters, not only a sample")
        parser.add_argument(
            "--repair", action="store_true", help="compare all counters, and correct the wrong ones"
        )

    def handle(self, *, repair: bool, **options: Any) -> None:
        try:
            if repair or options["all"]:
                found = counter_audit.audit_all(is_repairing=repair)
            else:
                found = counter_audit.audit_sample()
        except Error as error:
            reason = str(error).partition("\n")[0]
            raise CommandError(
                f"The counters could not be compared: {reason}", returncode=NOT_COMPARED
            ) from error
        counter_audit.publish(found.compared, 0 if repair else len(found.wrong))
        if not found.wrong:
            self.stdout.write(f"{found.compared:,} counters are right.")
        elif repair:
            self.stdout.write(f"{_wrong(found)} They were repaired.")
        else:
            raise CommandError(f"{_wrong(found)} Run it with --repair to correct them.", returncode=WRONG)


def _wrong(found: Found) -> str:
    ids = ", ".join(map(str, list(found.wrong)[:SHOWN]))
    more = ", ..." if len(found.wrong) > SHOWN else ""
    return f"{len(found.wrong):,} of {found.compared:,} counters are wrong (participants {ids}{more})."
