"""The HTTP headers of event streams."""

from urllib.parse import parse_qs

from django.conf import settings

Headers = list[tuple[bytes, bytes]]

TEXT: Headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
STREAM: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"connection", b"close"),
]


def last_event_id(query: bytes, headers: dict[str, str]) -> int | None:
    """Return the id of the last event received, from Last-Event-ID or from the query parameter `last`."""
    in_query = parse_qs(query.decode("latin-1")).get("last", [""])[0]
    text = headers.get("last-event-id") or in_query
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def cross_origin(origin: str) -> Headers:
    """Return the CORS headers for a page of Bobbin at another port, as in `make run`; otherwise none."""
    if origin not in settings.EVENTS_ORIGINS:
        return []
    return [
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]
