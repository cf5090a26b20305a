"""Message texts in the admin: shown one at a time, on request, and recorded in the admin's log."""

import logging
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

REASONS = {
    "": "Choose a reason",
    "report": "A member reported this message",
    "request": "The sender or the receiver asked for help",
    "authority": "An authority or a court asked for it",
    "fault": "A technical fault is examined",
}

log = logging.getLogger(__name__)


class ReasonForm(forms.Form):
    """The reason for reading a text: a fixed choice, so that the record contains no text about a user."""

    reason = forms.ChoiceField(choices=REASONS)


class TextOnRequest(admin.ModelAdmin):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """The admin of rows with a user's text. No list, search, filter or form contains it.

    A form below the row requires a reason. Its response shows the text, after the admin's log has recorded
    the staff user, the row and the reason.
    """

    text_field: str
    change_form_template = "admin/messaging/change_form_with_text.html"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # Otherwise `?content__contains=word` in the URL would search the texts.
        field = lookup.partition("__")[0]
        return field != self.text_field and super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer(self.text_field)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.show_text)
        own = path("<path:object_id>/text/", view, name=f"messaging_{self.opts.model_name}_text")
        return [own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return super().render_change_form(request, context | {"reason_form": ReasonForm()}, *args, **kwargs)

    def show_text(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the text of one row after a POST with a reason. A GET shows only the form."""
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        form = ReasonForm(request.POST if request.method == "POST" else None)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Text of {row}",
            "opts": self.opts,
            "original": row,
            "reason_form": form,
            "text": self._read(request, row, form.cleaned_data["reason"]) if form.is_valid() else None,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/messaging/text.html", context, status=status)

    def _read(self, request: HttpRequest, row: Any, reason: str) -> Any:
        """Record the access, then return the text."""
        self.log_change(request, row, f"Read the text. Reason: {REASONS[reason]}.")
        # Log it as well: an entry of the admin can be deleted, also together with the account of its user.
        kind = self.opts.model_name
        log.warning("Staff member %s read the text of %s %s: %s", request.user.pk, kind, row.pk, reason)
        return getattr(row, self.text_field)
