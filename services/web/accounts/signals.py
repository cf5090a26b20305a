"""Signals of accounts; docs/signals.md lists every receiver."""

from django.db.models.signals import post_delete, pre_delete, pre_save
from django.dispatch import Signal

from accounts import erasure_phases
from accounts.models import User
from observability.signals import receiver

# Sent to preview an erasure. Each receiver returns {label: number of rows} for the tables of its app.
# Sender: User. Arguments: user.
erasure_preview = Signal()

# Sent after `QuerySet.update`, `bulk_update` or an updating `bulk_create` changed `username` or `is_active`.
# Sender: User. Arguments: using.
users_changed_in_bulk = Signal()


@receiver(pre_delete, sender=User, dispatch_uid="accounts.begin_erasure")
def begin_erasure(sender: type[User], instance: User, using: str, **kwargs: object) -> None:
    erasure_phases.run(erasure_phases.BEFORE_DELETE, instance, using)


@receiver(post_delete, sender=User, dispatch_uid="accounts.complete_erasure")
def complete_erasure(sender: type[User], instance: User, using: str, **kwargs: object) -> None:
    erasure_phases.run(erasure_phases.AFTER_DELETE, instance, using)


@receiver(pre_save, sender=User, dispatch_uid="accounts.fill_name_columns")
def fill_name_columns(sender: type[User], instance: User, raw: bool, using: str, **kwargs: object) -> None:
    if raw:  # A fixture: Django writes its fields without calling `User.save`.
        User.objects.using(using).lock_names([instance.username])
        instance.fill_name_columns(using)
