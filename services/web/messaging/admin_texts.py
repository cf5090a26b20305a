"""Message texts in the admin: shown one at a time, on request, and recorded in the admin's log."""

import logging
from typing import Any

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse

log = logging.getLogger(__name__)


class ReasonForm(forms.Form):
    """The reason for reading a text: a fixed choice, so that the record contains no text about a user."""

    reason = forms.ChoiceField(
        label="Reason",
        choices=[
            ("", "Choose a reason"),
            ("report", "A member reported this message"),
            ("request", "The sender or the receiver asked for help"),
            ("authority", "An authority or a court asked for it"),
            ("fault", "A technical fault is examined"),
        ],
    )

    def chosen(self) -> str:
        return dict(self.fields["reason"].choices)[self.cleaned_data["reason"]]  # type: ignore[attr-defined]


class TextOnRequest:
    """A mixin for a ModelAdmin whose rows have a user's text. No list, search, filter or form contains it.

    A form below the row requires a reason. Its response shows the text, after the admin's log has recorded
    the staff user, the row and the reason.
    """

    text_field: str
    change_form_template: Any = "admin/messaging/change_form.html"
    model: type[models.Model]
    admin_site: Any
    opts: Any

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # Otherwise `?content__contains=word` in the URL would search the texts.
        if lookup.split("__", maxsplit=1)[0] == self.text_field:
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[misc]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer(self.text_field)  # type: ignore[misc]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.show_text)
        own = path("<path:object_id>/text/", view, name=f"messaging_{self.opts.model_name}_text")
        return [own, *super().get_urls()]  # type: ignore[misc]

    def change_view(self, request, object_id, form_url="", extra_context=None) -> HttpResponse:
        context = {"reason_form": ReasonForm(), "text_url": self._text_url(object_id)}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | context)  # type: ignore[misc]

    def show_text(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the text of one row after a POST with a reason. A GET shows only the form."""
        row = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if not self.has_view_permission(request, row):  # type: ignore[attr-defined]
            raise PermissionDenied
        if row is None:
            raise Http404
        form = ReasonForm(request.POST if request.method == "POST" else None)
        text = self._read(request, row, form) if form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "title": f"Text of {row}",
            "opts": self.opts,
            "original": row,
            "reason_form": form,
            "text": text,
            "text_url": self._text_url(object_id),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/messaging/text.html", context, status=status)

    def _read(self, request: HttpRequest, row: Any, form: ReasonForm) -> str:
        """Record the access, then return the text."""
        said = f"Read the text. Reason: {form.chosen()}."
        LogEntry.objects.log_actions(str(request.user.pk), [row], CHANGE, said, single_object=True)
        # Log it as well: an entry of the admin can be deleted, also together with the account of its user.
        kind, reason = self.opts.model_name, form.cleaned_data["reason"]
        log.warning("Staff member %s read the text of %s %s: %s", request.user.pk, kind, row.pk, reason)
        return getattr(row, self.text_field)

    def _text_url(self, object_id: str) -> str:
        return reverse(f"{self.admin_site.name}:messaging_{self.opts.model_name}_text", args=[object_id])
