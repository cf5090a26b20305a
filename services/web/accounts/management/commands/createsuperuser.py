"""`manage.py createsuperuser`: like Django's, but rejects a look-alike name before the password prompt."""

from django.contrib.auth.management.commands import createsuperuser
from django.core.exceptions import ValidationError

from accounts.models import User


class Command(createsuperuser.Command):
    def _validate_username(self, username: str, verbose_field_name: str, database: str) -> str | None:
        """Return the error message for an invalid name, or None.

        Django calls this for a name from an option, the environment or the prompt.
        """
        problem: str | None = super()._validate_username(username, verbose_field_name, database)  # type: ignore[misc]  # private API
        if problem:
            return problem
        try:
            User.objects.using(database).refuse_name(username)
        except ValidationError as refusal:
            return f"Error: {'; '.join(refusal.messages)}"
        return None
