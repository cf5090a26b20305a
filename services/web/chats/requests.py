"""The type of a request for a page of messages."""

from typing import Any

from accounts.requests import MemberRequest


class PageRequest(MemberRequest):
    # The user's generation while it is valid; None once this request has changed something.
    generation: str | None
    # The generation that was current when the page was made.
    as_of: str | None
    # Whether the page must not be cached.
    never_store: bool
    # The value of `chats.cache.badges_key`, read together with the generation; empty if there was none.
    stored_badges: list[Any]
    # The URL at which a browser without JavaScript loads the page again. Set if the response leaves messages
    # unread that a script will report.
    plain_address: str | None
