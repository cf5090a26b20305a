"""Pages that send and change messages. A failed form keeps what was written."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import MemberRequest
from chats.forms import EditForm, ReplyForm
from chats.new_message import NewMessageForm, suggestions
from chats.views.accepted import accepted
from messaging.history import EditConflictError, version_of
from messaging.models import Message, Participant
from messaging.sending import AlreadySentError, message_to_answer, send
from observability.budgets import query_budget

READ_AND_SEND = require_http_methods(["GET", "HEAD", "POST"])


@query_budget(8)
@READ_AND_SEND
@login_required
def new(request: MemberRequest) -> HttpResponse:
    """Begin a thread with somebody."""
    # A suggested name fills the field and sends nothing; without JavaScript the form comes back for it.
    filled = request.POST.get("fill")
    form = NewMessageForm(
        request.POST if request.method == "POST" and filled is None else None,
        initial={
            "to": (filled or request.GET.get("to", ""))[:150],
            "content": request.POST.get("content", ""),
        },
        sender=request.user,
    )
    sent = _send(form, request.user, form.cleaned_data["to"]) if form.is_valid() else None
    if sent:
        return accepted(request, form, "chats:thread", sent.thread)
    # Whose name was right needs no list of names.
    is_conflict = getattr(form, "conflict", False)
    active = Participant.objects.filter(counterpart__is_active=True)
    known = [] if is_conflict else active.inbox_rows(request.user)[:20]
    return render(request, "chats/new.html", {"form": form, "known": known}, status=_status(form))


@query_budget(6)
@READ_AND_SEND
@login_required
def reply(request: MemberRequest, pk: int) -> HttpResponse:
    """Answer a message, whoever of the two wrote it."""
    try:
        parent = message_to_answer(pk, by=request.user)
    except Message.DoesNotExist:
        raise Http404 from None
    counterpart = parent.receiver if parent.sender_id == request.user.pk else parent.sender
    form = ReplyForm(request.POST if request.method == "POST" else None, counterpart=counterpart)
    sent = _send(form, request.user, counterpart, parent) if form.is_valid() else None
    if sent:
        return accepted(request, form, "chats:message", sent.pk)
    context = {"form": form, "parent": parent, "counterpart": counterpart.username}
    context["is_active"] = counterpart.is_active
    return render(request, "chats/reply.html", context, status=_status(form))


@query_budget(4)
@READ_AND_SEND
@login_required
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Change one's own message."""
    own = Message.objects.filter(sender=request.user).select_related("receiver")
    message = get_object_or_404(own, pk=pk)
    form = EditForm(
        request.POST if request.method == "POST" else None,
        initial={"content": message.content, "version": version_of(message.content)},
    )
    if form.is_valid():
        data = form.cleaned_data
        try:
            message.edit(data["content"], by=request.user, version=data["version"])
        except Message.DoesNotExist:
            raise Http404 from None
        except EditConflictError as error:
            form.show_conflict(error.content)
        else:
            return accepted(request, form, "chats:message", pk)
    return render(request, "chats/edit.html", {"form": form, "message": message}, status=_status(form))


@query_budget(2)
@require_safe
@login_required
def people(request: MemberRequest) -> HttpResponse:
    """Names that begin with `?to=`, as options for the list beside the field."""
    names = suggestions(request.GET.get("to", "")[:150], request.user)
    return render(request, "chats/people.html", {"names": names})


def _send(form, sender, receiver, parent: Message | None = None) -> Message | None:
    """Send what the form holds, or put the reason why not on the form."""
    data = form.cleaned_data
    try:
        return send(
            sender=sender,
            receiver=receiver,
            content=data["content"],
            parent=parent,
            client_id=data["client_id"],
        )
    except ValidationError as error:
        form.add_error(None, error)
    except AlreadySentError as error:
        form.add_error(None, str(error))
        form.conflict = True
        form.renew_client_id()  # What was changed is another message: the next Send delivers it.
    return None


def _status(form) -> int:
    if not form.is_bound:
        return 200
    return 409 if getattr(form, "conflict", False) else 422
