"""Receivers of accounts; docs/signals.md lists them."""

from django.db.models.signals import post_delete, pre_delete, pre_save

from accounts import erasure_phases
from accounts.models import User
from observability.signals import receiver


@receiver(pre_delete, sender=User, dispatch_uid="accounts.begin_erasure")
def begin_erasure(sender: type[User], instance: User, using: str, **kwargs: object) -> None:
    erasure_phases.run(erasure_phases.BEFORE_DELETE, instance, using)


@receiver(post_delete, sender=User, dispatch_uid="accounts.complete_erasure")
def complete_erasure(sender: type[User], instance: User, using: str, **kwargs: object) -> None:
    erasure_phases.run(erasure_phases.AFTER_DELETE, instance, using)


@receiver(pre_save, sender=User, dispatch_uid="accounts.fill_name_columns")
def fill_name_columns(sender: type[User], instance: User, raw: bool, using: str, **kwargs: object) -> None:
    if raw:  # `loaddata` writes the row without calling `User.save`.
        User.objects.using(using).lock_names([instance.username])
        instance.fill_name_columns(using)
