"""The response of `web` to a request for the event stream."""

from django.http import HttpRequest, HttpResponse

from observability.budgets import query_budget


@query_budget(1)
def misdirected(request: HttpRequest) -> HttpResponse:
    """Return 421: a stream would occupy a worker of `web` for minutes. `events` serves streams."""
    text = "Live updates are served by the process `events`; see docs/operations.md.\n"
    return HttpResponse(text, status=421, content_type="text/plain; charset=utf-8")
