"""The response to an accepted form."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from chats.forms import MessageForm

MINIMAL = "return=minimal"  # RFC 7240.


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
