"""Signals that accounts sends to the apps that depend on it; docs/signals.md lists their receivers."""

from django.dispatch import Signal

# Sent to preview an erasure. Each receiver returns {label: number of rows} for the tables of its app.
# Sender: User. Arguments: user.
erasure_preview = Signal()

# Sent after `QuerySet.update` or `bulk_update` changed `is_active`. Sender: User. Arguments: using.
users_changed_in_bulk = Signal()
