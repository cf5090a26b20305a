"""What members fill in."""

import re
import uuid
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.forms.utils import flatatt
from django.utils.html import format_html

from accounts import names
from chats import cache
from chats.pages import LARGEST_KEY
from messaging.content import MAX_LENGTH, clean_content
from messaging.history import version_of
from messaging.models import Participant
from messaging.placing import INACTIVE

User = get_user_model()
SUGGESTIONS = 10
VERSION = re.compile("[0-9a-f]{64}")


class TextArea(forms.Textarea):
    """Django's, without a template of its own, which is a third of what a form takes."""

    def render(self, name, value, attrs=None, renderer=None):
        attributes = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        return format_html("<textarea{}>\n{}</textarea>", attributes, self.format_value(value) or "")


class ContentField(forms.CharField):
    """The text of a message; its rule is messaging's."""

    def __init__(self, **kwargs):
        # No maxlength: a browser would cut off what is pasted without a word; the rule names both numbers.
        area = TextArea(attrs={"rows": 4, "data-max-length": MAX_LENGTH})
        super().__init__(label="Message", strip=False, required=False, widget=area, **kwargs)

    def clean(self, value):
        return clean_content(value or "")


class MessageForm(forms.Form):
    content = ContentField()
    # Made with the form: sent twice by a double click or a reload, it is still one message.
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)

    def _post_clean(self):
        """Replace an id that is none: nobody could correct it in a hidden field."""
        super()._post_clean()  # type: ignore[misc]
        if "client_id" in self.errors:
            self.add_error(None, "This form was damaged on its way; send it again.")
            self.renew_client_id()

    def renew_client_id(self) -> None:
        """Show this form with a fresh id."""
        self.show(client_id=str(uuid.uuid4()))

    def show(self, **values: str) -> None:
        """Show these values instead of those that were sent."""
        data: Any = self.data
        self.data = data.copy()
        for name, value in values.items():
            self.data[name] = value  # type: ignore[index]


def check_name(shown: str, counterpart) -> None:
    """Refuse a form of a page that shows another name, or whose member nobody can write to any more."""
    if shown and shown != counterpart.username:
        raise forms.ValidationError(
            f"“{shown}” is now called “{counterpart.username}”. Nothing was sent; "
            f"send it again to write to “{counterpart.username}”.",
            code="renamed",
        )
    if not counterpart.is_active:
        raise forms.ValidationError(*INACTIVE)


class ReplyForm(MessageForm):
    """`to` is the name of the counterpart as the page showed it; without it nothing is compared."""

    to = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, counterpart=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.counterpart = counterpart

    def clean(self):
        shown = self.cleaned_data.get("to", "")
        self.show(to=self.counterpart.username)
        check_name(shown, self.counterpart)
        return self.cleaned_data


class EditForm(MessageForm):
    """Its id says only which form was accepted: an edit that is sent twice is one edit anyway.

    `version` names the text that the form was made from (docs/decisions/0024).
    """

    version = forms.Field(required=False, widget=forms.HiddenInput)
    stands = ""  # After a conflict: what the message says now.

    def clean_version(self) -> str:
        """Return a damaged one as the version of no text: that form is refused once, and comes back good."""
        version = self.cleaned_data["version"] or ""
        return version if not version or VERSION.fullmatch(version) else "damaged"

    def show_conflict(self, content: str) -> None:
        """Say what the message says now; this form, sent again, replaces it."""
        self.conflict = True
        self.stands = content
        self.add_error(
            None,
            "This message was changed after you began to edit it, in another tab or on another device. "
            "Your text is not saved yet: save it again to replace what the message says now.",
        )
        self.show(version=version_of(content))


class NewMessageForm(MessageForm):
    to = forms.CharField(
        label="To",
        max_length=names.LONGEST_KEY,  # In any spelling.
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "list": "people"}),
        error_messages={"required": "Choose who receives the message."},
    )
    # Of a form that was made for one member (docs/decisions/0014): then `to` is the name that it showed.
    conversation = forms.IntegerField(
        required=False, widget=forms.HiddenInput, min_value=1, max_value=LARGEST_KEY
    )
    field_order = ["conversation", "to", "content"]

    def __init__(self, *args, sender, **kwargs):
        super().__init__(*args, **kwargs)
        self.sender = sender
        if not self.is_bound:
            first = "content" if self.initial.get("to") else "to"
            self.fields[first].widget.attrs["autofocus"] = True
        self.similar: list[str] = []
        if self.data.get("conversation"):
            self.fields["to"].widget.attrs["readonly"] = True

    def clean_to(self):
        if self.data.get("conversation"):
            return self._counterpart()
        return self._named()

    def _counterpart(self):
        """The member whom the form was made for, whoever has the name by now."""
        side = Participant.objects.filter(
            user=self.sender, conversation=self.cleaned_data.get("conversation")
        )
        counterpart = User.objects.filter(pk__in=side.values("counterpart")).first()
        shown = self.cleaned_data["to"]
        if counterpart is None:
            # Nothing of the form may lead to the next owner of the name.
            self.show(conversation="", to="")
            raise forms.ValidationError(
                f"“{shown}” is no longer here: this account was deleted, and the conversation went with it. "
                "Nothing was sent.",
                code="gone",
            )
        self.show(to=counterpart.username)
        check_name(shown, counterpart)
        return counterpart

    def _named(self):
        name = self.cleaned_data["to"].strip()
        if "\x00" in name:
            raise forms.ValidationError("That is not a name.")
        receiver = User.objects.active().named(name).first()
        if receiver is None:
            self.similar = suggestions(name, self.sender)
            raise forms.ValidationError(f"Nobody here is called “{name}”.", code="unknown")
        if receiver == self.sender:
            raise forms.ValidationError("You cannot write to yourself; choose somebody else.")
        return receiver


def suggestions(start: str, asking) -> list[str]:
    """Names of members that begin with `start`, without the one who asks."""
    start = start.strip().replace("\x00", "")
    if not start:
        return []

    def find() -> list[str]:
        # One more than is shown: who asks may be among them.
        named = User.objects.active().named_like(start).values_list("username", flat=True)
        return list(named[: SUGGESTIONS + 1])

    found = cache.suggestions(names.key(start), find)
    return [name for name in found if name != asking.username][:SUGGESTIONS]
