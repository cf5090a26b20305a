"""`manage.py createsuperuser`: like Django's, but refuses a look-alike before it asks for the password."""

from django.contrib.auth.management.commands import createsuperuser
from django.core.exceptions import ValidationError

from accounts.models import User


class Command(createsuperuser.Command):
    def _validate_username(self, username: str, verbose_field_name: str, database: str) -> str | None:
        """Return why the name is refused, or None. Django calls this for each way to give a name."""
        problem = super()._validate_username(username, verbose_field_name, database)  # type: ignore[misc]
        if problem:
            return problem
        try:
            User.objects.using(database).refuse_name(username)
        except ValidationError as refusal:
            return f"Error: {'; '.join(refusal.messages)}"
        return None
