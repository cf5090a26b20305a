"""The answer to a form that was accepted."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

MINIMAL = "return=minimal"  # RFC 7240.


def accepted(request: HttpRequest, form, to: str, *args) -> HttpResponse:
    """A redirect to where the result is shown; 204 for a script that prefers a minimal answer.

    The 204 names that page in `Location` and repeats the form's `client_id` in `X-Accepted`. A script deletes
    its draft for this header alone: no page of an error, of a log-in or of a proxy carries it.
    """
    if request.headers.get("Prefer") != MINIMAL:
        return redirect(to, *args)
    headers = {
        "Location": resolve_url(to, *args),
        "Preference-Applied": MINIMAL,
        "X-Accepted": str(form.cleaned_data["client_id"] or ""),
    }
    return HttpResponse(status=204, headers=headers)
