"""`manage.py await_database`: wait for PostgreSQL and for the migrations of this release."""

import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from caching.restored import invalidate_if_restored
from observability.health import DatabaseProbe

PAUSE = 1.0  # Seconds between two checks.


class Command(BaseCommand):
    help = (
        "Wait until PostgreSQL answers; with --migrated, until no migration is missing, and then delete the "
        "content of Redis that belongs to another database. Changes nothing in PostgreSQL."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--migrated", action="store_true", help="wait for the migrations too")
        parser.add_argument(
            "--seconds", type=float, default=300, help="give up after so many (default: %(default)s)"
        )

    def handle(self, *, migrated: bool, seconds: float, **options: Any) -> None:
        probe = DatabaseProbe(checks_migrations=migrated)
        give_up = time.monotonic() + seconds
        said = ""
        while reason := _problem(probe):
            if time.monotonic() > give_up:
                raise CommandError(f"Gave up after {seconds:g} s: {reason}.")
            if reason != said:
                self.stdout.write(f"Waiting: {reason} ...")
                said = reason
            time.sleep(PAUSE)
        if migrated:
            invalidate_if_restored()
            connection.close()


def _problem(probe: DatabaseProbe) -> str:
    try:
        return probe.problem()
    except ImproperlyConfigured as refused:  # Waiting does not help.
        raise CommandError(refused) from None
