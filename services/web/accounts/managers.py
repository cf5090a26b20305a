"""How members are found by name, always by its key (accounts.names)."""

from typing import Any

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts import lookalikes, names
from accounts.passwords import composed

LAST_CHARACTER = "\U0010ffff"  # Sorts after every other.


class UserQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def named(self, name: str):
        """Return the member of that name, at most one, in whatever spelling it is given.

        Accounts that shared a key before keys were unique are found by their exact spelling only.
        """
        others = self.model._base_manager.filter(name_key=OuterRef("name_key")).exclude(pk=OuterRef("pk"))
        return self.filter(Q(username=name) | ~Exists(others), name_key=names.key(name))

    def named_like(self, start: str):
        """Return the members whose name begins with `start` in any spelling, in order, by an index.

        Between two ends, since for LIKE a plan that is made once for all values has no beginning to look up.
        """
        first = names.key(start)
        return self.filter(name_key__gte=first, name_key__lt=first + LAST_CHARACTER).order_by(
            "name_key", "exact_name"
        )

    def looking_like(self, name: str) -> list[str]:
        """Return the names of members that look like `name`."""
        group = self.filter(look_alike_group=lookalikes.group(name)).values_list("username", flat=True)
        return [other for other in group if lookalikes.look_alike(name, other)]

    def refuse_name(self, name: str) -> None:
        """Raise ValidationError when `name` is a member's or looks like one."""
        if self.filter(name_key=names.key(name)).exists():
            raise ValidationError(names.TAKEN, code="unique")
        if self.looking_like(name):
            raise ValidationError(names.LOOKS_LIKE, code="look_alike")

    def update(self, **values: Any) -> int:
        """Like Django's, with the columns that follow from the username."""
        if "username" in values:
            name = str(values["username"])
            values |= {"name_key": names.key(name), "look_alike_group": lookalikes.group(name)}
            values |= {"exact_name": ""}
        return super().update(**values)


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username):
        """Find a member by name in any spelling, so that nobody can pose as another."""
        return self.named(username).get()

    def _create_user_object(self, username, email, password, **extra_fields):
        # Django's hashes the password as it is given.
        return super()._create_user_object(username, email, password and composed(password), **extra_fields)

    def create_superuser(self, username, email=None, password=None, **extra_fields):
        self.all().refuse_name(username)
        return super().create_superuser(username, email, password, **extra_fields)
