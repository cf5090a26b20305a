"""JSON endpoints by which open pages stay up to date."""

from django.http import HttpResponse, JsonResponse

from accounts.decorators import member_view
from accounts.requests import MemberRequest, key_from
from caching.generations import generation_of
from caching.private_pages import private_cache_page
from chats import made_for
from chats.addresses import conversations
from chats.cache import badges
from messaging.models import Participant


@member_view(budget=2)
@private_cache_page(60)
def state(request: MemberRequest) -> HttpResponse:
    """Return the user's id and name, the badges and the generation.

    The generation changes when anything changes that the user sees. It is null without Redis, because no
    process then knows whether anything has changed.
    """
    # Without CACHE_PAGES, the decorator has not read the generation.
    generation = getattr(request, "generation", None) or generation_of(request.user.pk)
    answer = {"member": request.user.pk, "name": request.user.get_username(), "generation": generation}
    return JsonResponse(answer | badges(request.user.pk, generation))


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
