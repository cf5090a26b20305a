"""The forms of messages."""

import re
import uuid
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html

from messaging.content import MAX_LENGTH, clean_content
from messaging.history import version_of
from messaging.placing import INACTIVE

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
