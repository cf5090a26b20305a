"""Querysets of the list of threads."""

from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Left

from accounts.models import User
from messaging.querysets import EXCERPT, named_rows
from messaging.reading import LATEST


class ThreadQuerySet(models.QuerySet[Any]):
    def rows(self, reader: User, most: int, before: int | None = None) -> models.QuerySet[Any]:
        """Return at most `most` threads of `reader`, latest reply first, as named tuples in one query.

        `before` is the `last_reply_id` of the last row on the previous page. Each half is an index scan that
        ends after `most` rows. One scan for both sides would read and sort all threads of the reader.
        """
        low, high = (
            self._side(reader, own, other, before)[:most] for own, other in (("low", "high"), ("high", "low"))
        )
        return low.union(high, all=True).order_by("-last_reply_id")[:most]

    def _side(self, reader: User, own: str, other: str, before: int | None) -> models.QuerySet[Any]:
        messages = self.model._meta.get_field("root").related_model._default_manager
        unread = messages.in_thread(OuterRef("root")).filter(receiver=reader, read=False)
        shown = {
            "conversation_id": F("root__conversation_id"),
            "counterpart_id": F(f"{other}_id"),
            "name": F(f"{other}__username"),
            "excerpt": Left("root__content", EXCERPT + 1),
            "replied_at": F("last_reply__timestamp"),
            "sender_id": F("last_reply__sender_id"),
            "reply": Left("last_reply__content", EXCERPT + 1),
            "is_unread": Exists(unread),
        }
        some = self.filter(**{own: reader}, last_reply__lt=before or LATEST).order_by("-last_reply")
        return named_rows(some, ("root_id", "last_reply_id"), **shown)
