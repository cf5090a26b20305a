"""The form of a new message."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import User
from accounts.requests import LARGEST_KEY
from chats import made_for
from chats.cache import suggestions
from chats.forms import MessageForm, check_name
from messaging.compiled import CompiledQuery
from messaging.models import Participant

FOUND = [
    field.attname
    for field in User._meta.concrete_fields
    if field.attname in {"id", "username", "is_active", "named_at"}
]
NAMED = CompiledQuery(lambda name, key: User.objects.named(name, key).values_list(*FOUND, named=True))


class NewMessageForm(MessageForm):
    to = forms.CharField(
        label=_("To"),
        max_length=names.LONGEST_KEY,  # In any Unicode normalization form.
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "list": "people"}),
        error_messages={"required": _("Who is this for? Enter a name.")},
    )
    # Present if the page showed a conversation (docs/decisions/0014). Then `to` is the name that it showed.
    conversation = forms.IntegerField(
        required=False, widget=forms.HiddenInput, min_value=1, max_value=LARGEST_KEY
    )
    # Present on all other forms: a token of chats/made_for.py. If it is empty, the account is not checked.
    made = forms.Field(required=False, widget=forms.HiddenInput)
    field_order = ["conversation", "made", "to", "content"]

    def __init__(self, *args: Any, sender: User, autofocus: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sender = sender
        self.receiver: User | None = None  # Also if the form is refused.
        if not self.is_bound:
            first = "content" if self.initial.get("to") else "to"
            self.fields[first].widget.attrs["autofocus"] = autofocus
            name = self.initial.get("to", "").strip()
            account = _find(name) if name else None
            self.initial["made"] = made_for.token(name, account.pk if account else None)
        self.similar: list[str] = []
        if self.data.get("conversation"):
            self.fields["to"].widget.attrs["readonly"] = True

    def clean_to(self) -> User:
        return self._counterpart() if self.data.get("conversation") else self._named()

    def _counterpart(self) -> User:
        """Return the counterpart of the form's conversation, even if another account has the name now.

        Raise ValidationError if the counterpart was erased, renamed or deactivated.
        """
        side = Participant.objects.filter(
            user=self.sender, conversation=self.cleaned_data.get("conversation")
        )
        counterpart: User | None = User.objects.filter(pk__in=side.values("counterpart")).first()
        self.receiver = counterpart
        shown = self.cleaned_data["to"]
        if counterpart is None:
            # Clear the fields, so that the form does not identify the next owner of the name.
            self.show(conversation="", to="", made=made_for.token())
            raise forms.ValidationError(
                _(
                    "“%(name)s” is no longer here: this account was deleted, and the conversation went with "
                    "it. Nothing was sent."
                )
                % {"name": shown}
            )
        self.show(to=counterpart.username)
        check_name(shown, counterpart)
        return counterpart

    def _named(self) -> User:
        name = self.cleaned_data["to"].strip()
        receiver = self.receiver = _find(name)
        self.show(made=made_for.token(name, receiver.pk if receiver else None))
        if receiver is None:
            self.similar = suggestions(name, self.sender)
            text = _("There is no member called “%(name)s”.")
            if names.INVISIBLE.search(name):
                text = _(
                    "There is no member called “%(name)s”. The name contains characters that cannot be seen."
                )
            raise forms.ValidationError(text % {"name": name})
        if not receiver.is_active:
            raise forms.ValidationError(
                _("“%(name)s” cannot receive messages: this account is deactivated. Choose somebody else.")
                % {"name": name}
            )
        if receiver == self.sender:
            raise forms.ValidationError(_("You cannot write to yourself; choose somebody else."))
        self._check_made(name, receiver)
        return receiver

    def is_for(self, account: User) -> bool:
        """Return whether the submitted form was made for this account, which may have another name now."""
        made = self.cleaned_data.get("made") or ""
        return account == self.receiver or made_for.is_for(made, self.data.get("to", "").strip(), account)

    def _check_made(self, name: str, receiver: User) -> None:
        """Raise ValidationError if another account may have had the name when the form was made.

        The form is refused once: it comes back with a new token, which the next submission contains.
        """
        made = self.cleaned_data.get("made")
        changed = made_for.reason_to_refuse(made, name, receiver) if made else ""
        if changed:
            again = _("Nothing was sent; send it again to write to “%(name)s”.") % {"name": name}
            raise forms.ValidationError(f"{changed} {again}")


def _find(name: str) -> User | None:
    """Return the user with this name, active or deactivated, or None, with the fields of FOUND."""
    rows = [] if "\x00" in name else NAMED(name, names.key(name))
    return User.from_db("default", FOUND, rows[0]) if rows else None
