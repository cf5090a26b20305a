"""JSON endpoints by which open pages stay up to date."""

from django.http import HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from accounts.decorators import member_view
from accounts.requests import MemberRequest, key_from
from caching.generations import generation_of
from chats import made_for
from chats.addresses import conversations
from chats.cache import badges
from messaging.models import Participant


@member_view(budget=2)
def state(request: MemberRequest) -> HttpResponse:
    """Return the user's id, the badges and the generation, or 304 if the generation has not changed.

    The generation changes when anything changes that the user sees. Without Redis, no process knows whether
    anything has changed. Then the generation is null and there is no 304.
    """
    generation = generation_of(request.user.pk)
    etag = quote_etag(generation) if generation else None
    known = get_conditional_response(request, etag=etag) if etag else None
    if known is not None:
        return known
    answer = {"member": request.user.pk, "generation": generation}
    response = JsonResponse(answer | badges(request.user.pk, generation))
    if etag:
        response["ETag"] = etag
    return response


@member_view(budget=2)
def counterpart(request: MemberRequest) -> JsonResponse:
    """Return the current name of a counterpart and whether the account is active.

    The parameter is the id of the conversation (`?conversation=`) or the name of the counterpart (`?to=`).
    `conversation` is null if the conversation was erased with an account, never existed, or belongs to other
    users. The status is not 404, because a server of an older release returns 404 for this URL.
    """
    sides = Participant.objects.filter(user=request.user)
    name, key = request.GET.get("to", "").replace("\x00", ""), key_from(request, "conversation")
    found = sides.with_counterpart(name) if name else sides.filter(conversation=key).for_heading()
    side = found.first()
    answer = {"member": request.user.pk, "conversation": side and side.conversation_id}
    if side:
        address = conversations()(side.name, side.conversation_id)
        made = made_for.token(side.name, side.counterpart_id)  # A page that shows the name may send to it.
        answer |= {"name": side.name, "is_active": side.is_active, "address": address, "made": made}
    return JsonResponse(answer)
