"""The signal that accounts sends to the apps that depend on it; docs/signals.md lists its receivers."""

from django.dispatch import Signal

# Sent after `QuerySet.update` or `bulk_update` changed a column of ACCESS (accounts/managers.py).
# Sender: User. Arguments: using.
users_changed_in_bulk = Signal()
