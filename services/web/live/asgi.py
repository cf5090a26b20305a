"""The ASGI application of the process `events`: server-sent events at `/events/` for the logged-in user.

It is not a Django view: a stream stays open for minutes, and the middleware of the pages would use a thread
and a database connection for each new stream.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host

from accounts.sessions import is_key
from caching.rate_limits import seconds_to_wait
from live import queries
from live.broker import END, Broker, Stream, encode
from live.headers import STREAM, TEXT, Headers, cross_origin, last_event_id
from observability import metrics

HEARTBEAT_SECONDS = 15.0  # Proxies close a connection that is silent for a minute.
# Longest life of a stream. The browser reconnects at once, and its session is validated again.
LIFE_SECONDS = (600.0, 900.0)
LAST_SECONDS = 5.0
RETRY_MILLISECONDS = (1_000, 4_000)  # Random, so that not all browsers reconnect at once after a restart.
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Refused(Exception):
    """A response that is not a stream. `result` is its label in the metrics; "" is not counted."""

    def __init__(self, status: int, reason: str, *, result: str = "", retry_after: int | None = None) -> None:
        self.status, self.reason, self.result, self.retry_after = status, reason, result, retry_after


class Application:
    """The ASGI application: one in each process, with one broker."""

    def __init__(self) -> None:
        self.broker = Broker(self._is_still_good)
        self.coming = 0  # Number of requests whose session is being validated.

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"Only http is served here, not {scope['type']}.")
        self.broker.start()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        allowed = cross_origin(headers.get("origin", ""))
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
            await self._serve(stream, last_event_id(scope["query_string"], headers), receive, send, allowed)
        finally:
            self.broker.remove(stream)

    def _check_request(self, scope: Scope, headers: dict[str, str]) -> None:
        if scope["path"] == "/healthz":
            raise Refused(200, "ok")
        if scope["path"] == "/readyz":
            raise Refused(200, "ok") if self.broker.listening else Refused(503, "Redis is away")
        if scope["path"] != "/events/":
            raise Refused(404, "Live updates are at /events/, and nothing else is here.")
        if scope["method"] != "GET":
            raise Refused(405, "Only GET.")
        host, _ = split_domain_port(headers.get("host", ""))
        if not validate_host(host, settings.ALLOWED_HOSTS):
            raise Refused(400, "This host name is not served here.")

    async def _admit(self, headers: dict[str, str]) -> Stream:
        """Return a new stream for the user of the session, registered with the broker. Raise Refused."""
        if self.broker.closing or not self.broker.listening:
            raise Refused(503, "No live updates at the moment.", result="unavailable", retry_after=5)
        if self.broker.open + self.coming >= settings.EVENTS_MOST_STREAMS:
            raise Refused(503, "Too many streams are open.", result="too_many", retry_after=30)
        session_key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
        user_id, seconds_left = await self._authenticate(session_key) if is_key(session_key) else (None, 0.0)
        if user_id is None:
            raise Refused(401, "Log in first.", result="unauthenticated")
        if self.broker.count_of(user_id) >= settings.EVENTS_MOST_STREAMS_OF_A_MEMBER:
            raise Refused(429, "You have too many streams open.", result="too_many", retry_after=30)
        wait = seconds_to_wait(f"streams:{user_id}", settings.MEMBER_LIMITS["streams"], shared=False)
        if wait:
            raise Refused(429, "You open streams too often.", result="too_many", retry_after=wait)
        stream = Stream(user_id, session_key, seconds_left)
        self.broker.add(stream)
        return stream

    async def _authenticate(self, session_key: str) -> tuple[int | None, float]:
        self.coming += 1
        try:
            return await queries.in_thread(queries.member_of, session_key)
        except DatabaseError:
            raise Refused(503, "PostgreSQL is away.", result="unavailable", retry_after=5) from None
        finally:
            self.coming -= 1

    async def _is_still_good(self, stream: Stream) -> bool:
        try:
            user_id, _ = await queries.in_thread(queries.member_of, stream.session_key)
            return user_id == stream.user_id
        except DatabaseError:
            return False  # The stream ends; the browser reconnects, and is authenticated then.

    async def _serve(
        self, stream: Stream, last_seen: int | None, receive: Receive, send: Send, allowed: Headers
    ) -> None:
        await self.broker.subscribed(stream)
        begin, missed = await _beginning(stream.user_id, last_seen)
        await send({"type": "http.response.start", "status": 200, "headers": STREAM + allowed})
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            # Not longer than the session. The browser reconnects, and is refused if the session has expired.
            life = min(random.uniform(*LIFE_SECONDS), max(stream.seconds_left, 1.0))  # noqa: S311
            async with asyncio.timeout(life):
                retry = random.randint(*RETRY_MILLISECONDS)  # noqa: S311
                await _send(send, f"retry: {retry}\n{begin}\n".encode())
                for payload in missed:
                    await _send(send, encode(payload))
                gone.add_done_callback(lambda _: stream.put(END))
                await _forward(stream, send)
        except TimeoutError:
            pass  # The stream has reached the end of its life.
        finally:
            gone.cancel()
        # A browser that reads nothing does not read the last chunk either.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await send({"type": "http.response.body", "body": b""})


async def _beginning(user_id: int, last_seen: int | None) -> tuple[str, list[dict[str, Any]]]:
    """Return the `id:` line for a browser that has no event id yet, and the events that it missed."""
    try:
        if last_seen is None:
            return f"id: {await queries.in_thread(queries.latest, user_id)}\n", []
        return "", await queries.in_thread(queries.missed, user_id, last_seen)
    except DatabaseError:
        return "", [{"kind": "sync"}]


async def _forward(stream: Stream, send: Send) -> None:
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                event = await stream.queue.get()
        except TimeoutError:
            event = b": still here\n\n"
        if event is END:
            return
        await _send(send, event)


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(send: Send, refused: Refused, allowed: Headers) -> None:
    after = [] if refused.retry_after is None else [(b"retry-after", str(refused.retry_after).encode())]
    await send(
        {"type": "http.response.start", "status": refused.status, "headers": [*TEXT, *after, *allowed]}
    )
    await send({"type": "http.response.body", "body": refused.reason.encode() + b"\n"})
