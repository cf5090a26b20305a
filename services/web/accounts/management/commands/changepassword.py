"""`manage.py changepassword`: like Django's, but finds the user by any spelling of the name."""

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts.models import User


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        name = options["username"] or getpass.getuser()
        user = User.objects.using(options["database"]).named(name).first()
        return super().handle(*args, **options | {"username": user.username if user else name})
