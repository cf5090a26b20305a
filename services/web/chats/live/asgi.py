"""The process `events`: server-sent events at `/events/`, for the member whose session the request has.

Not a Django view: a stream lives for minutes, and the middleware of pages would cost each one a thread and
a connection at its beginning.
"""

import asyncio
import contextlib
import random
from urllib.parse import parse_qs

from django.conf import settings
from django.db import DatabaseError
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host

from accounts.sessions import is_key
from chats.live import members
from chats.live.hub import END, Hub, Stream, encode
from observability import metrics
from observability.limits import seconds_to_wait

HEARTBEAT_SECONDS = 15.0  # Proxies close what is silent for a minute.
# Longest life of a stream: its browser comes again at once, and its session is looked at again.
LIFE_SECONDS = (600.0, 900.0)
LAST_SECONDS = 5.0
RETRY_MILLISECONDS = (1_000, 4_000)  # So that not all come back at once when this process is started again.
TEXT = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
STREAM = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"connection", b"close"),
]


class Refused(Exception):
    """An answer that is no stream. `result`: what the metrics call it."""

    def __init__(self, status: int, reason: str, *, result: str = "", retry_after: int | None = None) -> None:
        self.status, self.reason, self.result, self.retry_after = status, reason, result, retry_after


class Application:
    """The ASGI application. One for a process, with one hub."""

    def __init__(self) -> None:
        self.hub = Hub(self._is_still_good)
        self.coming = 0  # Whose session is being looked at.

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"Only http is served here, not {scope['type']}.")
        self.hub.start()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        allowed = _may_be_read_by(headers.get("origin", ""))
        try:
            self._check_request(scope, headers)
            stream = await self._admit(headers)
        except Refused as refused:
            if refused.result:
                metrics.STREAMS.labels(refused.result).inc()
            await _answer(send, refused, allowed)
            return
        metrics.STREAMS.labels("opened").inc()
        try:
            await self._serve(stream, _last_seen(scope, headers), receive, send, allowed)
        finally:
            self.hub.remove(stream)

    def _check_request(self, scope, headers: dict[str, str]) -> None:
        if scope["path"] == "/healthz":
            raise Refused(200, "ok")
        if scope["path"] == "/readyz":
            raise Refused(200, "ok") if self.hub.listening else Refused(503, "Redis is away")
        if scope["path"] != "/events/":
            raise Refused(404, "Live updates are at /events/, and nothing else is here.")
        if scope["method"] != "GET":
            raise Refused(405, "Only GET.")
        host, _ = split_domain_port(headers.get("host", ""))
        if not validate_host(host, settings.ALLOWED_HOSTS):
            raise Refused(400, "This host name is not served here.")

    async def _admit(self, headers: dict[str, str]) -> Stream:
        """The stream of whoever asks, which from now on gets what happens."""
        if self.hub.closing or not self.hub.listening:
            raise Refused(503, "No live updates at the moment.", result="unavailable", retry_after=5)
        if self.hub.open + self.coming >= settings.EVENTS_MOST_STREAMS:
            raise Refused(503, "Too many streams are open.", result="too_many", retry_after=30)
        session_key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
        user_id, seconds_left = await self._look_at(session_key) if is_key(session_key) else (None, 0.0)
        if user_id is None:
            raise Refused(401, "Log in first.", result="nobody")
        if self.hub.count_of(user_id) >= settings.EVENTS_MOST_STREAMS_OF_A_MEMBER:
            raise Refused(429, "You have too many streams open.", result="too_many", retry_after=30)
        wait = seconds_to_wait(f"streams:{user_id}", settings.MEMBER_LIMITS["streams"], shared=False)
        if wait:
            raise Refused(429, "You open streams too often.", result="too_many", retry_after=wait)
        stream = Stream(user_id, session_key, seconds_left)
        self.hub.add(stream)
        return stream

    async def _look_at(self, session_key: str) -> tuple[int | None, float]:
        self.coming += 1
        try:
            return await members.member_of(session_key)
        except DatabaseError:
            raise Refused(503, "PostgreSQL is away.", result="unavailable", retry_after=5) from None
        finally:
            self.coming -= 1

    async def _is_still_good(self, stream: Stream) -> bool:
        try:
            user_id, _ = await members.member_of(stream.session_key)
            return user_id == stream.user_id
        except DatabaseError:
            return False  # Its browser comes again and is looked at then.

    async def _serve(self, stream: Stream, last_seen: int | None, receive, send, allowed) -> None:
        begin, missed = await _beginning(stream.user_id, last_seen)
        await send({"type": "http.response.start", "status": 200, "headers": STREAM + allowed})
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            # No longer than the session: its browser comes again, and is refused if it was not renewed.
            life = min(random.uniform(*LIFE_SECONDS), max(stream.seconds_left, 1.0))  # noqa: S311
            async with asyncio.timeout(life):
                retry = random.randint(*RETRY_MILLISECONDS)  # noqa: S311
                await _send(send, f"retry: {retry}\n{begin}\n".encode())
                for notice in missed:
                    await _send(send, encode(notice))
                gone.add_done_callback(lambda _: stream.put(END))
                await _pass_on(stream, send)
        except TimeoutError:
            pass  # Old enough.
        finally:
            gone.cancel()
        # A browser that takes nothing does not take the end either.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await send({"type": "http.response.body", "body": b""})


async def _beginning(user_id: int, last_seen: int | None) -> tuple[str, list[dict]]:
    """The id to resume from, for a browser that has none yet, and the notices that it missed."""
    try:
        if last_seen is None:
            return f"id: {await members.latest(user_id)}\n", []
        return "", await members.missed(user_id, last_seen)
    except DatabaseError:
        return "", [{"kind": "sync"}]


async def _pass_on(stream: Stream, send) -> None:
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                event = await stream.queue.get()
        except TimeoutError:
            event = b": still here\n\n"
        if event is END:
            return
        await _send(send, event)


async def _send(send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send, refused: Refused, allowed) -> None:
    after = [] if refused.retry_after is None else [(b"retry-after", str(refused.retry_after).encode())]
    await send(
        {"type": "http.response.start", "status": refused.status, "headers": [*TEXT, *after, *allowed]}
    )
    await send({"type": "http.response.body", "body": refused.reason.encode() + b"\n"})


def _last_seen(scope, headers: dict[str, str]) -> int | None:
    """The id of the last event that the browser got, from its own memory or from the page's."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("last", [""])[0]
    text = headers.get("last-event-id") or asked
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _may_be_read_by(origin: str) -> list[tuple[bytes, bytes]]:
    """Headers for a page of ours at another port, as in `make run`; behind a proxy there is none."""
    if origin not in settings.EVENTS_ORIGINS:
        return []
    return [
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]
