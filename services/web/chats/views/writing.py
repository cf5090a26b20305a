"""Pages that send and edit messages. A form that fails keeps the submitted text."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.decorators import READ_AND_SEND, member_view
from accounts.models import User
from accounts.requests import MemberRequest
from chats.cache import suggestions
from chats.forms import EditForm, MessageForm, ReplyForm
from chats.new_message import NewMessageForm
from chats.views.accepted import accepted
from messaging.editing import EditConflictError, version_of
from messaging.models import Message, Participant
from messaging.replying import message_to_answer
from messaging.sending import AlreadySentError, send


@member_view(budget=8, methods=READ_AND_SEND)
def new(request: MemberRequest) -> HttpResponse:
    """Show the form of a new message, or send the message. It starts a thread."""
    # A suggested name fills in the field and sends nothing. Without JavaScript, the server fills it in.
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
    # After a conflict, the name was valid, so the page needs no list of names.
    active = Participant.objects.filter(counterpart__is_active=True)
    known = [] if form.conflict else active.inbox_rows(request.user)[:20]
    return render(request, "chats/new.html", {"form": form, "known": known}, status=_status(form))


@member_view(budget=6, methods=READ_AND_SEND)
def reply(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the form of a reply, or send the reply. Both participants can reply to a message."""
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


@member_view(budget=4, methods=READ_AND_SEND)
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the form of an edit, or save the edit. Only the sender can edit a message."""
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


@member_view(budget=2)
def people(request: MemberRequest) -> HttpResponse:
    """Return user names that begin with `?to=`, as option elements for the field's datalist."""
    names = suggestions(request.GET.get("to", "")[:150], request.user)
    return render(request, "chats/people.html", {"names": names})


def _send(form: MessageForm, sender: User, receiver: User, parent: Message | None = None) -> Message | None:
    """Send the message of a valid form. If it is refused, add the error to the form and return None."""
    data = form.cleaned_data
    try:
        return send(
            Message(
                sender=sender,
                receiver=receiver,
                content=data["content"],
                parent_message=parent,
                client_id=data["client_id"],
            )
        )
    except ValidationError as error:
        form.add_error(None, error)
    except AlreadySentError as error:
        form.add_error(None, str(error))
        form.conflict = True
        form.renew_client_id()  # The changed text is another message. The next submission sends it.
    return None


def _status(form: MessageForm) -> int:
    return 409 if form.conflict else 422 if form.is_bound else 200
