"""Each user has a channel in Redis, and a process subscribes to those of the users whose streams it holds."""

import asyncio
from contextlib import asynccontextmanager

from django.core.cache import cache

from live import events
from live.broker import END, Broker, Stream

ALICE, BOB = 7, 8
SECONDS = 5


async def valid(stream: Stream) -> bool:
    return True


async def ended(stream: Stream) -> bool:
    return False


@asynccontextmanager
async def listening_broker(check=valid):
    broker = Broker(check)
    broker.start()
    async with asyncio.timeout(SECONDS):
        while not broker.listening:
            await asyncio.sleep(0.01)
    yield broker
    broker.close()
    for task in broker._tasks:
        task.cancel()


def stream_of(broker, user_id: int) -> Stream:
    stream = Stream(user_id, "", 60)
    broker.add(stream)
    return stream


def channels() -> set[str]:
    pattern = events.channel("*")
    return {name.decode().rpartition(":")[2] for name in cache.client.get_client().pubsub_channels(pattern)}


async def until_subscribed_to(expected: set[str]) -> None:
    async with asyncio.timeout(SECONDS):
        while channels() != expected:
            await asyncio.sleep(0.01)


def test_process_subscribes_to_the_members_of_its_streams_only(db):
    async def listen():
        async with listening_broker() as broker:
            streams = [stream_of(broker, user_id) for user_id in (ALICE, ALICE, BOB)]
            await until_subscribed_to({"all", "7", "8"})
            broker.remove(streams[0])
            broker.remove(streams[2])
            await until_subscribed_to({"all", "7"})
            broker.remove(streams[1])
            await until_subscribed_to({"all"})

    asyncio.run(listen())


def test_process_of_100_streams_receives_one_percent_of_the_events_to_10_000_members(db, monkeypatch):
    async def listen() -> int:
        async with listening_broker() as broker:
            streams = [stream_of(broker, user_id) for user_id in range(100, 10_100, 100)]
            for stream in streams:
                await broker.subscribed(stream)
            received, deliver = [], broker.deliver
            broker.deliver = lambda owner, text: received.append(owner) or deliver(owner, text)
            events.publish(range(1, 10_001), events.COUNTED)
            for stream in streams:
                await asyncio.wait_for(stream.queue.get(), SECONDS)
            return len(received)

    assert asyncio.run(listen()) == 100


def test_stream_that_follows_another_of_the_same_member_misses_no_event(db):
    async def listen():
        async with listening_broker() as broker:
            for _ in range(50):
                broker.remove(stream_of(broker, ALICE))
                stream = stream_of(broker, ALICE)
                await broker.subscribed(stream)
                events.publish([ALICE], events.COUNTED)
                assert b"counted" in await asyncio.wait_for(stream.queue.get(), SECONDS)
                broker.remove(stream)

    asyncio.run(listen())


def test_stream_whose_session_ended_before_it_was_subscribed_ends(db):
    async def listen():
        async with listening_broker(check=ended) as broker:
            stream = stream_of(broker, ALICE)
            await broker.subscribed(stream)
            assert await asyncio.wait_for(stream.queue.get(), SECONDS) is END

    asyncio.run(listen())


def test_event_to_all_members_reaches_every_stream(db):
    async def listen():
        async with listening_broker() as broker:
            streams = [stream_of(broker, user_id) for user_id in (ALICE, BOB)]
            events.publish(None, events.SYNC)
            for stream in streams:
                assert b"sync" in await asyncio.wait_for(stream.queue.get(), SECONDS)

    asyncio.run(listen())


def test_unexpected_confirmation_ends_the_streams_and_the_process_subscribes_again(db):
    async def listen():
        async with listening_broker() as broker:
            old, first = stream_of(broker, ALICE), broker._subscriptions
            await broker.subscribed(old)
            # As redis-py does when it opens a connection again.
            await first._pubsub.subscribe(events.channel(ALICE))
            assert await asyncio.wait_for(old.queue.get(), SECONDS) is END
            broker.remove(old)
            async with asyncio.timeout(SECONDS):
                while broker._subscriptions in {None, first}:
                    await asyncio.sleep(0.01)
            new = stream_of(broker, ALICE)
            await broker.subscribed(new)
            events.publish([ALICE], events.COUNTED)
            assert b"counted" in await asyncio.wait_for(new.queue.get(), SECONDS)

    asyncio.run(listen())
