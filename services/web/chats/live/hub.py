"""Passes the notices that come through Redis to the streams of the members whom they name.

One task of the event loop listens; everything here runs in that loop, so nothing needs a lock.
"""

import asyncio
import json
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from chats.live.notices import CHECK, channel
from observability import metrics

SILENCE_SECONDS = 5.0  # After which Redis is asked whether it is still there; as long again for its answer.
CONNECT_SECONDS = 2.0
RETRY_SECONDS = (0.2, 5.0)  # The first wait for a Redis that is away, and the longest.
MOST_WAITING = 100  # Notices for a browser that does not take them.
# A log-out is told of a moment before its session ends.
CHECK_SECONDS = 1.0
END = None  # In a queue: the stream ends.

log = logging.getLogger(__name__)


class Stream:
    """What waits to be sent to one browser."""

    __slots__ = ("queue", "seconds_left", "session_key", "user_id")

    def __init__(self, user_id: int, session_key: str, seconds_left: float) -> None:
        self.user_id, self.session_key, self.seconds_left = user_id, session_key, seconds_left
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(MOST_WAITING)

    def put(self, event: bytes | None) -> None:
        """One that has fallen this far behind is ended: its browser comes again and looks at everything."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            event = END
        self.queue.put_nowait(event)


class Hub:
    """`check` says whether the session of a stream is still good."""

    def __init__(self, check: Callable[[Stream], Awaitable[bool]]) -> None:
        self.check = check
        self.streams: defaultdict[int, set[Stream]] = defaultdict(set)
        self.open = 0
        self.listening = False  # While false nobody could be told anything.
        self.closing = False
        self._tasks: set[asyncio.Task] = set()

    def start(self) -> None:
        """Begin to listen, in the loop that runs; more than once is once."""
        if not self._tasks:
            self._spawn(self._run())

    def close(self) -> None:
        """End every stream in good order, and begin no other."""
        self.closing = True
        self._end_all()

    def add(self, stream: Stream) -> None:
        self.streams[stream.user_id].add(stream)
        self.open += 1
        metrics.STREAMS_OPEN.inc()

    def remove(self, stream: Stream) -> None:
        theirs = self.streams[stream.user_id]
        theirs.discard(stream)
        if not theirs:
            del self.streams[stream.user_id]
        self.open -= 1
        metrics.STREAMS_OPEN.dec()

    def count_of(self, user_id: int) -> int:
        return len(self.streams.get(user_id, ()))

    def deliver(self, text: str) -> None:
        try:
            notice = json.loads(text)
            to, kind = notice.pop("to"), notice["kind"]
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("A notice cannot be read; another release of Bobbin may have sent it.")
            return
        members = list(self.streams) if to is None else [user_id for user_id in to if user_id in self.streams]
        event = encode(notice)
        if kind != CHECK:
            metrics.EVENTS.inc(sum(map(self.count_of, members)))
        for user_id in members:
            if kind == CHECK:
                self._spawn(self._check(list(self.streams[user_id])))
                continue
            for stream in self.streams[user_id]:
                stream.put(event)

    async def _check(self, streams: list[Stream]) -> None:
        await asyncio.sleep(CHECK_SECONDS)
        for stream in streams:
            if not await self.check(stream):
                stream.put(END)

    def _end_all(self) -> None:
        for theirs in self.streams.values():
            for stream in theirs:
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
                # Who cannot be told anything any more must not believe to be listening.
                self.listening = False
                self._end_all()
            await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311

    async def _listen(self) -> None:
        url = str(settings.CACHES["default"]["LOCATION"])
        async with (
            Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS, retry=None) as redis,
            redis.pubsub() as pubsub,
        ):
            await pubsub.subscribe(channel())
            while not self.closing:
                message = await _next_of(pubsub)
                if message["type"] == "subscribe":
                    self.listening = True
                elif message["type"] == "message":
                    self.deliver(message["data"].decode())

    def _spawn(self, work) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # The loop alone would forget it.
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("live updates failed", exc_info=error)


async def _next_of(pubsub: PubSub) -> dict:
    """What Redis says next. Raises TimeoutError when it says nothing, not even when it is asked."""
    message = await pubsub.get_message(timeout=SILENCE_SECONDS)
    if message is None:
        await pubsub.ping()
        message = await pubsub.get_message(timeout=SILENCE_SECONDS)
    if message is None:
        raise TimeoutError("no answer")
    return message


def encode(notice: dict, event_id: int | None = None) -> bytes:
    """A notice as a server-sent event. What is new has its message's id: where to resume."""
    event_id = event_id or (notice.get("message") if notice["kind"] == "new" else None)
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}data: {json.dumps(notice, separators=(',', ':'))}\n\n".encode()
