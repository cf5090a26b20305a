"""`manage.py list_colliding_names`: list accounts whose names have the same key.

Look-ups find these accounts only by the exact spelling of their names.
"""

from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count

from accounts.models import User


class Command(BaseCommand):
    help = "List accounts whose names differ in spelling only. Rename all but one of each group in the admin."

    def handle(self, **options: Any) -> None:
        keys = (
            User.objects.order_by().values("name_key").annotate(accounts=Count("pk")).filter(accounts__gt=1)
        )
        found = User.objects.filter(name_key__in=keys.values("name_key")).order_by("name_key", "pk")
        for user in found:
            self.stdout.write(f"{user.name_key}\t{user.pk}\t{user.username!a}\t{user.username}")
        if not found:
            self.stdout.write("No two names differ in spelling only.")
