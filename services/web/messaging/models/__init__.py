"""The models of messaging.

docs/recipes.md, "Add a table that belongs to a member", lists the files of a new one.
"""

from messaging.models.conversation import Conversation, Participant
from messaging.models.history import MessageHistory
from messaging.models.message import Message
from messaging.models.thread import Thread

__all__ = ["Conversation", "Message", "MessageHistory", "Participant", "Thread"]
