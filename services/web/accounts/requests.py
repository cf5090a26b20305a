"""Types of requests."""

from django.http import HttpRequest

from accounts.models import User


class MemberRequest(HttpRequest):
    """A request behind `login_required`: somebody is logged in."""

    user: User
    # Of chats: the member's epoch, while it is still good; and the one as of which the page is made.
    epoch: str | None
    stamp: str | None
    # Of chats: where a browser without JavaScript asks for the page again, when it was not marked as read.
    plain_address: str | None
