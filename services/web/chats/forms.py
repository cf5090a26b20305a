"""What members fill in."""

import uuid
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.forms.utils import flatatt
from django.utils.html import format_html

from accounts import names
from chats import cache
from messaging.content import MAX_LENGTH, clean_content

User = get_user_model()
SUGGESTIONS = 10


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
        data: Any = self.data
        self.data = data.copy()
        self.data["client_id"] = str(uuid.uuid4())  # type: ignore[index]


class EditForm(MessageForm):
    """Its id says only which form was accepted: an edit that is sent twice is one edit anyway."""


class NewMessageForm(MessageForm):
    to = forms.CharField(
        label="To",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "list": "people"}),
        error_messages={"required": "Choose who receives the message."},
    )
    field_order = ["to", "content"]

    def __init__(self, *args, sender, **kwargs):
        super().__init__(*args, **kwargs)
        self.sender = sender
        if not self.is_bound:
            first = "content" if self.initial.get("to") else "to"
            self.fields[first].widget.attrs["autofocus"] = True
        self.similar: list[str] = []

    def clean_to(self):
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
