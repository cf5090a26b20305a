"""Context processor: whether the navigation links to the query lab."""

from django.http import HttpRequest

from labs.query_lab import may_open


def query_lab(request: HttpRequest) -> dict[str, bool]:
    """Return `lab_is_open`: whether this user may open the query lab."""
    user = getattr(request, "user", None)
    return {"lab_is_open": user is not None and user.is_authenticated and may_open(user)}
