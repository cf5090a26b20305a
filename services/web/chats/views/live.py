"""What pages ask to stay up to date; and who asks the wrong process."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from accounts.requests import MemberRequest
from chats import cache
from chats.addresses import conversations
from chats.context import badges_of
from chats.pages import key_from
from messaging.models import Participant
from observability.budgets import query_budget


@query_budget(2)
@require_safe
@login_required
def state(request: MemberRequest) -> HttpResponse:
    """Who asks, the badges, and a stamp that is another once anything has changed for them; 304 while not.

    Without Redis nobody knows whether something has changed, so the stamp is null and never 304.
    """
    epoch = cache.epoch_of(request.user.pk)
    etag = quote_etag(epoch) if epoch else None
    known = get_conditional_response(request, etag=etag) if etag else None
    if known is not None:
        return known
    response = JsonResponse({"member": request.user.pk, "stamp": epoch} | badges_of(request.user.pk, epoch))
    if etag:
        response["ETag"] = etag
    return response


@query_budget(2)
@require_safe
@login_required
def counterpart(request: MemberRequest) -> JsonResponse:
    """The other member of a conversation as of now: by its id (`?conversation=`), or by the name (`?to=`).

    `conversation` is null without one: it was deleted with an account, it never was, or it is of others. That
    is no 404, which a page could also get from a server of an older release.
    """
    sides = Participant.objects.filter(user=request.user)
    name, key = request.GET.get("to", "").replace("\x00", ""), key_from(request, "conversation")
    found = sides.with_counterpart(name) if name else sides.filter(conversation=key).for_heading()
    side = found.first()
    answer = {"member": request.user.pk, "conversation": side and side.conversation_id}
    if side:
        address = conversations()(side.name, side.conversation_id)
        answer |= {"name": side.name, "is_active": side.is_active, "address": address}
    return JsonResponse(answer)


@query_budget(1)
def elsewhere(request: HttpRequest) -> HttpResponse:
    """A stream would hold a worker of the pages for minutes: here is nothing to wait for."""
    text = "Live updates are served by the process `events`; see docs/operations.md.\n"
    return HttpResponse(text, status=421, content_type="text/plain; charset=utf-8")
