"""`manage.py recovery_link`: print a link by which a member chooses a new password."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.recovery import recovery_link

ANY_HOST = "*"


class Command(BaseCommand):
    help = "Print a link by which a member who has lost the password chooses a new one, once, within an hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the name of the member, in any spelling")
        parser.add_argument("--url", help="address of the site (default: of the first host in ALLOWED_HOSTS)")

    def handle(self, *, name: str, url: str | None, **options: Any) -> None:
        user = User.objects.named(name).first()
        if user is None:
            raise CommandError(f"No member has the name “{name}”.")
        if not user.is_active:
            raise CommandError(
                f"The account of {user.username} is deactivated: activate it in the admin first."
            )
        self.stdout.write(f"{(url or _address()).rstrip('/')}{recovery_link(user)}")


def _address() -> str:
    host = next((host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != ANY_HOST), "localhost")
    return f"http{'s' if settings.HTTPS else ''}://{host}"
