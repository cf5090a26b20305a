"""The forms of messages."""

import re
import uuid
from typing import Any

from django import forms
from django.forms.renderers import Jinja2
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from messaging.content import MAX_LENGTH, clean_content
from messaging.editing import version_of
from messaging.validation import INACTIVE

VERSION = re.compile("[0-9a-f]{64}")


class ContentField(forms.CharField):
    """The text of a message. `messaging.content` validates it."""

    def __init__(self, **kwargs: Any) -> None:
        # No maxlength: browsers would silently truncate pasted text. The validation error states the limit.
        area = forms.Textarea(attrs={"rows": 4, "data-max-length": MAX_LENGTH})
        super().__init__(label=_("Message"), strip=False, required=False, widget=area, **kwargs)

    def clean(self, value: str | None) -> str:
        return clean_content(value or "")


class MessageForm(forms.Form):
    default_renderer = Jinja2()  # Much faster than Django's default, whose templates are Django templates.
    conflict = False  # Whether the form was refused because of another form that was accepted before.
    content = ContentField()
    # Created with the form, so that a double click or a reload does not send a second message.
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)

    def _post_clean(self) -> None:
        """Replace an invalid `client_id`, because the user cannot correct a hidden field."""
        super()._post_clean()  # type: ignore[misc]  # private API
        if "client_id" in self.errors:
            self.add_error(None, _("This form was damaged on its way; send it again."))
            self.renew_client_id()

    def renew_client_id(self) -> None:
        """Render this form with a new random `client_id`."""
        self.show(client_id=str(uuid.uuid4()))

    def show(self, **values: str) -> None:
        """Render this form with these values instead of the submitted ones."""
        self.data = dict(self.data.items()) | values


def check_name(shown: str, counterpart: User) -> None:
    """Raise ValidationError if the page showed another name, or if the counterpart is deactivated.

    Forms remove blanks around a name. An old name can have them.
    """
    if shown and shown != counterpart.username.strip():
        raise forms.ValidationError(
            _("“%(old)s” is now called “%(new)s”. Nothing was sent; send it again to write to “%(new)s”.")
            % {"old": shown, "new": counterpart.username}
        )
    if not counterpart.is_active:
        raise forms.ValidationError(*INACTIVE)


class ReplyForm(MessageForm):
    """The form of a reply.

    `to` is the name of the counterpart that the page showed. If it is empty, the name is not checked.
    """

    to = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, counterpart: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.counterpart = counterpart

    def is_for(self, account: User) -> bool:
        return account == self.counterpart

    def clean(self) -> dict[str, Any]:
        """Check the name that the page showed, and replace it by the account."""
        check_name(self.cleaned_data.get("to", ""), self.counterpart)
        return self.cleaned_data | {"to": self.counterpart}


class EditForm(MessageForm):
    """The form of an edit.

    Its `client_id` only identifies the accepted form for the script: a repeated edit changes nothing anyway.
    `version` identifies the text that the form was made from (docs/decisions/0024).
    """

    version = forms.Field(required=False, widget=forms.HiddenInput)
    stands = ""  # After a conflict: the present text of the message.

    def clean_version(self) -> str:
        """Return the version, or for a malformed one a value that matches no text.

        Such a form is refused once. The form in the response contains a valid version.
        """
        version = self.cleaned_data["version"] or ""
        return version if not version or VERSION.fullmatch(version) else "damaged"

    def show_conflict(self, content: str) -> None:
        """Add an error and show the present text. If this form is sent again, it replaces that text."""
        self.conflict = True
        self.stands = content
        self.add_error(
            None,
            _(
                "This message was changed after you began to edit it. Your text is not saved yet: save it "
                "again to replace what the message says now."
            ),
        )
        self.show(version=version_of(content))
