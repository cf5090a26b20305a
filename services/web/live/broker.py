"""Forwards the events that Redis publishes to the streams of this process.

Each user has a channel. The process subscribes to those of the users whose streams it holds, and to that of
all users. One task of the event loop receives; everything here runs in that loop.
"""

import asyncio
import json
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from live.events import ALL_USERS, CHECK, channel
from live.subscriptions import Subscriptions
from observability import metrics

SILENCE_SECONDS = 5.0  # Then the broker pings Redis, and waits as long for the reply.
CONNECT_SECONDS = 2.0
RETRY_SECONDS = (0.2, 5.0)  # The first and the longest wait before the broker connects to Redis again.
MOST_WAITING = 100  # Events in the queue of a browser that does not read them.
# Delay of a session check: a log-out is published a moment before its session ends.
CHECK_SECONDS = 1.0
END = None  # In a queue: the stream ends.

log = logging.getLogger(__name__)


class Stream:
    """The queue of events for one browser."""

    __slots__ = ("queue", "seconds_left", "session_key", "user_id")

    def __init__(self, user_id: int, session_key: str, seconds_left: float) -> None:
        self.user_id, self.session_key, self.seconds_left = user_id, session_key, seconds_left
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(MOST_WAITING)

    def put(self, event: bytes | None) -> None:
        """Enqueue an event. A full queue ends the stream: the browser reconnects and reloads everything."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            event = END
        self.queue.put_nowait(event)


class Broker:
    """All open streams of this process. `check` returns whether the session of a stream is still valid."""

    def __init__(self, check: Callable[[Stream], Awaitable[bool]]) -> None:
        self.check = check
        self.streams: defaultdict[int, set[Stream]] = defaultdict(set)
        self.open = 0
        self.listening = False  # While it is False, no event can be delivered.
        self.closing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriptions: Subscriptions | None = None  # None without a connection to Redis.

    def start(self) -> None:
        """Subscribe, in the running event loop. Further calls do nothing."""
        if not self._tasks:
            self._spawn(self._run())

    def close(self) -> None:
        """End every stream cleanly, and accept no new one."""
        self.closing = True
        self._end_all()

    def add(self, stream: Stream) -> None:
        self.streams[stream.user_id].add(stream)
        self.open += 1
        metrics.STREAMS_OPEN.inc()
        if self._subscriptions:
            self._subscriptions.subscribe(stream.user_id)
        else:  # Redis went away while the session was validated.
            stream.put(END)

    async def subscribed(self, stream: Stream) -> None:
        """Return when the stream receives every further event, or has ended.

        Its session is checked once more: it may have ended, and that been announced, before this moment.
        """
        if self._subscriptions:
            await self._subscriptions.wait(stream.user_id)
        self._spawn(self._check([stream]))

    def remove(self, stream: Stream) -> None:
        streams = self.streams[stream.user_id]
        streams.discard(stream)
        if not streams:
            del self.streams[stream.user_id]
            if self._subscriptions:
                self._subscriptions.unsubscribe(stream.user_id)
        self.open -= 1
        metrics.STREAMS_OPEN.dec()

    def count_of(self, user_id: int) -> int:
        return len(self.streams.get(user_id, ()))

    def deliver(self, owner: str, text: str) -> None:
        """Forward an event of the channel of `owner`: a user, or ALL_USERS."""
        try:
            payload = json.loads(text)
            kind, event = payload["kind"], encode(payload)
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("A payload cannot be read; another release of Bobbin may have sent it.")
            return
        members = list(self.streams) if owner == ALL_USERS else [int(owner)]
        if kind != CHECK:
            metrics.EVENTS.inc(sum(map(self.count_of, members)))
        for user_id in members:
            if kind == CHECK:
                self._spawn(self._check(list(self.streams.get(user_id, ()))))
                continue
            for stream in self.streams.get(user_id, ()):
                stream.put(event)

    async def _check(self, streams: list[Stream]) -> None:
        await asyncio.sleep(CHECK_SECONDS)
        for stream in streams:
            if not await self.check(stream):
                stream.put(END)

    def _end_all(self) -> None:
        for streams in self.streams.values():
            for stream in streams:
                stream.put(END)

    async def _run(self) -> None:
        first, longest = RETRY_SECONDS
        wait = first
        while not self.closing:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                wait = first if self.listening else min(2 * wait, longest)
                if self.listening:
                    log.warning("Redis is away, and with it live updates: %s", error or type(error).__name__)
            finally:
                # End the streams: an open stream would look as if it still delivered events.
                self.listening = False
                self._end_all()
                if self._subscriptions:
                    self._subscriptions.close()
                    self._subscriptions = None
            await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311

    async def _listen(self) -> None:
        url = str(settings.CACHES["default"]["LOCATION"])
        async with (
            Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS, retry=None) as redis,
            redis.pubsub() as pubsub,
        ):
            await pubsub.subscribe(channel(ALL_USERS))
            while not self.closing:
                message = await _next_of(pubsub)
                if message["type"] == "message":
                    owner = message["channel"].decode().rpartition(":")[2]
                    self.deliver(owner, message["data"].decode())
                elif message["type"] == "subscribe" and self._subscriptions:
                    self._subscriptions.confirm()
                elif message["type"] == "subscribe":
                    self._subscriptions = Subscriptions(pubsub)
                    self.listening = True

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # The event loop keeps only weak references to tasks.
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("live updates failed", exc_info=error)


async def _next_of(pubsub: PubSub) -> dict[str, Any]:
    """Return the next message from Redis. Raise TimeoutError when it does not answer a ping either."""
    message: dict[str, Any] | None = await pubsub.get_message(timeout=SILENCE_SECONDS)
    if message is None:
        await pubsub.ping()
        message = await pubsub.get_message(timeout=SILENCE_SECONDS)
    if message is None:
        raise TimeoutError("no answer")
    return message


def encode(payload: dict[str, Any]) -> bytes:
    """Return a payload as a server-sent event. A new message has its id, from which a browser resumes."""
    event_id = payload.get("message") if payload["kind"] == "new" else None
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}data: {json.dumps(payload, separators=(',', ':'))}\n\n".encode()
