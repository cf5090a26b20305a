"""Signals of accounts; docs/signals.md lists every receiver."""

from django.db.models.signals import post_delete, pre_delete, pre_save
from django.dispatch import Signal

from accounts.erasure import erase_account_rows, record_erasure
from accounts.models import User
from observability.signals import receiver

# Asked before somebody erases an account. Each receiver answers with {what: how many} for its own tables.
# Sender: User. Arguments: user.
erasure_preview = Signal()

# `QuerySet.update`, `bulk_update` or a `bulk_create` that updates has changed names, or who is active.
# Sender: User. Arguments: using.
users_changed_in_bulk = Signal()


@receiver(pre_delete, sender=User, dispatch_uid="accounts.record_erasure")
def record(sender, instance, using, **kwargs):
    record_erasure(instance, using)


@receiver(post_delete, sender=User, dispatch_uid="accounts.erase_account")
def erase_account(sender, instance, using, **kwargs):
    erase_account_rows(instance, using)


@receiver(pre_save, sender=User, dispatch_uid="accounts.fill_name_columns")
def fill_name_columns(sender, instance, raw, using, **kwargs):
    if raw:  # Of a fixture, whose fields are written as they are, without `User.save`.
        User.objects.using(using).lock_names([instance.username])
        instance.fill_name_columns()
