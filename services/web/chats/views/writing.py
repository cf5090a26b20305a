"""Pages that send and edit messages. A form that fails keeps the submitted text."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _

from accounts import names
from accounts.concurrent_erasure import not_found
from accounts.decorators import READ_AND_SEND, invitation, member_view
from accounts.models import User
from accounts.names import LONGEST_KEY
from accounts.requests import MemberRequest
from chats.addresses import conversations
from chats.cache import suggestions
from chats.forms import EditForm, MessageForm, ReplyForm
from chats.new_message import NewMessageForm
from chats.views.conversations import SIDE
from messaging.editing import EditConflictError, version_of
from messaging.models import Message, Participant
from messaging.replying import message_to_answer, message_to_edit
from messaging.sending import AlreadySentError, send

MINIMAL = "return=minimal"  # RFC 7240.
SendForm = NewMessageForm | ReplyForm


@invitation
@member_view(budget=7, methods=READ_AND_SEND)
def new(request: MemberRequest) -> HttpResponse:
    """Show the form of a new message, or send the message. It starts a thread.

    A link with the name of a counterpart (`?to=`) leads to the conversation.
    """
    if request.method != "POST" and (address := _conversation_with(request)):
        return redirect(address)
    # A suggested name fills in the field and sends nothing. Without JavaScript, the server fills it in.
    filled = request.POST.get("fill")
    form = NewMessageForm(
        request.POST if request.method == "POST" and filled is None else None,
        initial={
            "to": (filled or request.GET.get("to", ""))[:LONGEST_KEY],
            "content": request.POST.get("content", ""),
        },
        sender=request.user,
    )
    if sent := _send(form, request.user):
        return accepted(request, form, "chats:message", sent.pk)
    # After a conflict, the name was valid, so the page needs no list of names.
    active = Participant.objects.filter(counterpart__is_active=True)
    known = [] if form.conflict else active.inbox_rows(request.user)[:20]
    return render(request, "chats/new.html", {"form": form, "known": known}, status=_status(form))


@member_view(budget=5, methods=READ_AND_SEND)
def reply(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the form of a reply, or send the reply. Both participants can reply to a message."""
    with not_found():
        parent = message_to_answer(pk, by=request.user)
    counterpart = parent.receiver if parent.sender_id == request.user.pk else parent.sender
    form = ReplyForm(request.POST if request.method == "POST" else None, counterpart=counterpart)
    if sent := _send(form, request.user, parent):
        return accepted(request, form, "chats:message", sent.pk)
    context = {"form": form, "parent": parent, "counterpart": counterpart}
    return render(request, "chats/reply.html", context, status=_status(form))


@member_view(budget=4, methods=READ_AND_SEND)
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the form of an edit, or save the edit. Only the sender can edit a message."""
    with not_found():
        message = message_to_edit(pk, by=request.user)
    form = EditForm(
        request.POST if request.method == "POST" else None,
        initial={"content": message.content, "version": version_of(message.content)},
    )
    if form.is_valid():
        data = form.cleaned_data
        try:
            with not_found():
                message.edit(data["content"], by=request.user, version=data["version"])
        except EditConflictError as error:
            form.show_conflict(error.content)
        else:
            return accepted(request, form, "chats:message", pk)
    return render(request, "chats/edit.html", {"form": form, "message": message}, status=_status(form))


@member_view(budget=2)
def people(request: MemberRequest) -> HttpResponse:
    """Return user names that begin with `?to=`, as option elements for the field's datalist."""
    found = suggestions(request.GET.get("to", "")[:LONGEST_KEY], request.user)
    return render(request, "chats/people.html", {"names": found})


def accepted(request: HttpRequest, form: MessageForm, to: str, *args: Any) -> HttpResponse:
    """Return a redirect to the page that shows the result, or 204 if a script prefers a minimal response.

    The 204 has the URL of that page in `Location` and the form's `client_id` in `X-Accepted`. A script
    deletes its draft only for this header, because no error page, log-in page or page of a proxy contains it.
    """
    if request.headers.get("Prefer") != MINIMAL:
        return redirect(to, *args)
    headers = {
        "Location": resolve_url(to, *args),
        "Preference-Applied": MINIMAL,
        "X-Accepted": str(form.cleaned_data["client_id"] or ""),
    }
    return HttpResponse(status=204, headers=headers)


def _conversation_with(request: MemberRequest) -> str:
    """Return the URL of the conversation with the user `?to=`, or an empty string if there is none."""
    name = request.GET.get("to", "").strip()
    if not name or "\x00" in name:
        return ""
    sides = SIDE(request.user.pk, name, names.key(name))
    return conversations()(sides[0].name, sides[0].conversation_id) if sides else ""


def _send(form: SendForm, sender: User, parent: Message | None = None) -> Message | None:
    """Send the message of a form. If it is refused, add the error to the form and return None."""
    if not form.is_valid():
        return _sent_before(form, sender, parent)
    data = form.cleaned_data
    try:
        return send(
            Message(
                sender=sender,
                receiver=data["to"],
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


def _sent_before(form: SendForm, sender: User, parent: Message | None) -> Message | None:
    """Return the message that a refused form has sent before, if its receiver was changed since then.

    Its response was lost. If the form may be for another member by now, add an error and return None.
    """
    data = form.cleaned_data if form.is_bound else {}
    if "content" not in data or not data.get("client_id"):
        return None
    same = Message.objects.filter(sender=sender, client_id=data["client_id"], parent_message=parent)
    first = same.filter(content=data["content"]).select_related("receiver").first()
    if first is None or form.is_for(first.receiver):
        return first
    form.add_error(
        None, _("The same text was sent before to “%(name)s”.") % {"name": first.receiver.username}
    )
    form.conflict = True
    form.renew_client_id()
    return None


def _status(form: MessageForm) -> int:
    return 409 if form.conflict else 422 if form.is_bound else 200
