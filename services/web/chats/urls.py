"""URL patterns of the pages with messages, and of the JSON endpoints for their scripts.

docs/recipes.md, "Add a page", lists the other files of a new page.
"""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from chats.addresses import IN_PATH
from chats.views import conversations, places, reading, search, seen, state, writing


class UsernameConverter(StringConverter):
    """A path converter for user names, in any case and Unicode normalization form."""

    regex = IN_PATH


register_converter(UsernameConverter, "username")

app_name = "chats"
urlpatterns = [
    path("", reading.inbox, name="inbox"),
    path("unread/", reading.unread, name="unread"),
    path("threads/", reading.threads, name="threads"),
    path("with/<username:username>/", conversations.conversation, name="conversation"),
    path("conversation/<int:pk>/", conversations.conversation_by_id, name="conversation_by_id"),
    path("thread/<int:pk>/", conversations.thread, name="thread"),
    path("message/<int:pk>/", places.message, name="message"),
    path("message/<int:pk>/history/", reading.history, name="history"),
    path("message/<int:pk>/reply/", writing.reply, name="reply"),
    path("message/<int:pk>/edit/", writing.edit, name="edit"),
    path("message/<int:pk>/unread/", places.mark_unread, name="mark_unread"),
    path("seen/", seen.seen, name="seen"),
    path("new/", writing.new, name="new"),
    path("people/", writing.people, name="people"),
    path("search/", search.page, name="search"),
    path("find/", search.find, name="find"),
    path("state/", state.state, name="state"),
    path("counterpart/", state.counterpart, name="counterpart"),
]
