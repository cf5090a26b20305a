"""The models of messaging."""

from messaging.models.conversation import Conversation, Participant
from messaging.models.history import MessageHistory
from messaging.models.message import Message

__all__ = ["Conversation", "Message", "MessageHistory", "Participant"]
