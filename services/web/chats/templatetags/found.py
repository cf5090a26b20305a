"""Template tag for the rows of search results."""

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString

from chats.templatetags.rows import addresses, fill, join, time_of
from messaging.search import Found
from messaging.search.snippets import Piece

register = template.Library()

FOUND = """
      <li data-message="{id}">
        <a class="row" href="{address}">
          <span class="who" dir="auto">{sender} → {receiver}</span>
          {time}
          <span class="excerpt content" dir="auto">{snippet}</span>
        </a>
      </li>"""


@register.simple_tag
def found_rows(rows: Iterable[Found], reader_id: int) -> SafeString:
    """Return the HTML of search results. `<mark>` elements contain the words that match."""
    message = addresses("chats:message")
    return join(
        fill(
            FOUND,
            id=row.id,
            address=message(row.id),
            sender="You" if row.sender_id == reader_id else row.sender_name,
            receiver=row.receiver_name if row.sender_id == reader_id else "you",
            time=time_of(row.timestamp),
            snippet=_marked(row.snippet),
        )
        for row in rows
    )


def _marked(snippet: Iterable[Piece]) -> SafeString:
    texts = (f"<mark>{escape(text)}</mark>" if found else escape(text) for text, found in snippet)
    return SafeString("".join(texts))
