"""The subscriptions of a process to the channels of users, over one connection to Redis.

While one task reads from the connection, another sends the commands in order, and Redis confirms them in the
same order. All code here runs in one event loop, so it needs no lock.
"""

import asyncio
from collections import deque
from contextlib import suppress

from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from live.events import channel


class Subscriptions:
    """Those of one connection. `confirm` must be called for each confirmation that arrives."""

    def __init__(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub
        self._by_user: dict[int, asyncio.Future[None]] = {}  # Done when Redis has confirmed it.
        self._unsent: asyncio.Queue[tuple[int, asyncio.Future[None] | None]] = asyncio.Queue()
        self._unconfirmed: deque[asyncio.Future[None]] = deque()
        self._sender = asyncio.ensure_future(self._send())

    def subscribe(self, user_id: int) -> None:
        if user_id not in self._by_user:
            self._by_user[user_id] = asyncio.get_running_loop().create_future()
            self._unsent.put_nowait((user_id, self._by_user[user_id]))

    def unsubscribe(self, user_id: int) -> None:
        if self._by_user.pop(user_id, None):  # A stream of an earlier connection has none.
            self._unsent.put_nowait((user_id, None))

    async def wait(self, user_id: int) -> None:
        """Return when Redis forwards every further event of this user, or when the connection has ended."""
        if confirmed := self._by_user.get(user_id):
            await asyncio.shield(confirmed)  # Several streams may wait for it.

    def confirm(self) -> None:
        """Raise ConnectionError if redis-py has opened the connection again: events may have been lost."""
        if not self._unconfirmed:
            raise ConnectionError("Redis confirmed a subscription that was not sent")
        self._unconfirmed.popleft().set_result(None)

    def close(self) -> None:
        self._sender.cancel()
        for confirmed in self._by_user.values():
            if not confirmed.done():
                confirmed.set_result(None)

    async def _send(self) -> None:
        with suppress(RedisError, OSError):  # The reading task meets the error too.
            while True:
                user_id, confirmed = await self._unsent.get()
                if confirmed:
                    self._unconfirmed.append(confirmed)
                    await self._pubsub.subscribe(channel(user_id))
                else:
                    await self._pubsub.unsubscribe(channel(user_id))
