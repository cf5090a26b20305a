"""The pages whose queries must cost a help desk no more than a member with 100 conversations."""

from django.db.models import QuerySet

from accounts.models import User
from messaging.models import Message

MOST = 1.2  # Times the cost for a member with 100 conversations.
PAGES = [
    "/chats/", "/chats/?before={middle}", "/chats/unread/", "/chats/unread/?before={middle}",
    "/chats/notifications/", "/chats/notifications/?before={middle}", "/chats/threads/", "/chats/new/",
    "/chats/people/?to={start}", "/chats/state/", "/chats/counterpart/?to={counterpart}",
    "/chats/counterpart/?conversation={conversation}", "/chats/with/{counterpart}/",
    "/chats/with/{counterpart}/?at={middle}", "/chats/thread/{middle}/",
    "/chats/thread/{middle}/?at={middle}", "/chats/message/{middle}/", "/chats/message/{middle}/reply/",
    "/chats/message/{middle}/history/", "/accounts/",
]  # fmt: skip
SEARCH = "/chats/search/?q=shibboleth"


def write_searched_word(middle: Message) -> None:
    """Give this message a text with the word of SEARCH."""
    QuerySet.update(Message.objects.filter(pk=middle.pk), content="Not the loom but a shibboleth")


def addressed(address: str, reader: User, middle: Message) -> str:
    """Return the address of a page of `reader`. `middle` is a message from the middle of the inbox."""
    return address.format(
        middle=middle.pk,
        counterpart=middle.sender.username,
        conversation=middle.conversation_id,
        start=f"member{reader.pk % 8 + 1}",  # Suggestions are cached.
    )
