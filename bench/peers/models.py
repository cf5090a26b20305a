# ruff: noqa: DJ008 (no code prints these models)
"""The models for messages of a thread that each package needs."""

import pghistory
import reversion
from django.db import models
from mptt.models import MPTTModel, TreeForeignKey
from simple_history.models import HistoricalRecords
from tree_queries.models import TreeNode
from treebeard.mp_tree import MP_Node

from accounts.models import User


class Text(models.Model):
    sender = models.ForeignKey(User, models.DO_NOTHING, related_name="+", db_constraint=False)
    content = models.TextField()
    timestamp = models.DateTimeField()
    read = models.BooleanField(default=False)
    edited = models.BooleanField(default=False)

    class Meta:
        abstract = True


class PlainMessage(Text):
    """For ways without additional fields: message by message, prefetch_related, and django-cte."""

    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="replies")


class MpttMessage(MPTTModel, Text):
    parent = TreeForeignKey("self", models.CASCADE, null=True, related_name="replies")


class MpMessage(MP_Node, Text):
    """The materialised path of treebeard."""


class TreeMessage(TreeNode, Text):
    class Meta:
        ordering = ["id"]


class Notification(models.Model):
    """The notification for a reply of mptt or treebeard."""

    user = models.ForeignKey(User, models.DO_NOTHING, related_name="+", db_constraint=False)
    message_id = models.BigIntegerField()
    content = models.CharField(max_length=200)
    read = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)


class SimpleHistoryMessage(Text):
    history = HistoricalRecords()


@reversion.register()
class ReversionMessage(Text):
    pass


@pghistory.track()
class PgHistoryMessage(Text):
    pass
