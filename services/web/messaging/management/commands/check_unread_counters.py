"""`manage.py check_unread_counters`: compare all unread counters with the messages."""

from django.core.management.base import BaseCommand, CommandError

from messaging import counter_audit

BATCH = 5_000
SHOWN = 20


class Command(BaseCommand):
    help = (
        "Compare the unread counter of every inbox with its messages. Ends with status 1 when one is wrong "
        "and was not repaired."
    )

    def add_arguments(self, parser):
        parser.add_argument("--repair", action="store_true", help="count anew what is wrong")

    def handle(self, *, repair, **options):
        compared, wrong, place = 0, [], 0
        while True:
            found = counter_audit.audit(place, BATCH)
            if found.last is None:
                break
            compared, place = compared + found.sampled, found.last + 1
            wrong += found.wrong
            if found.wrong and repair:
                counter_audit.repair(found)
        counter_audit.record(compared, 0 if repair else len(wrong))
        for pk in wrong[:SHOWN]:
            self.stdout.write(f"participant {pk} {'was' if repair else 'is'} wrong")
        if len(wrong) > SHOWN:
            self.stdout.write(f"... and {len(wrong) - SHOWN:,} more")
        if wrong and not repair:
            raise CommandError(
                f"{len(wrong):,} of {compared:,} counters are wrong; --repair counts them anew."
            )
        self.stdout.write(
            f"{compared:,} counters are right{f', {len(wrong):,} were repaired' if wrong else ''}."
        )
