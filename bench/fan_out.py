"""Measures the fan-out of one event to 1,000 open streams: whether all receive it, and how soon."""

import statistics
import time

from accounts.models import User
from bench.under_load.servers import Stack
from bench.under_load.streams import Crowd, Sender

STREAMS, PACE, SECONDS = 1_000, 2, 20  # Sends per second, and the duration.
# One member has all streams, which her limits would refuse.
WITHOUT_LIMITS = {
    "EVENTS_MOST_STREAMS": str(STREAMS),
    "EVENTS_MOST_STREAMS_OF_A_MEMBER": str(STREAMS),
    "LIMIT_STREAMS": "0",
}
TEXT = """
Fan-out: one member has {streams:,} open streams and receives {events} messages, {pace} a second.
Of {expected:,} events, {arrived:,} arrived. From commit until a stream has the event: p50 {p50:.0f} ms,
p95 {p95:.0f} ms, p99 {p99:.0f} ms (at most 250), longest {longest:.0f} ms. One process on the same machine
reads all streams.
"""


def measure(stack: Stack, receiver: User, senders: list[User]) -> str:
    """Return the text with the figures."""
    crowd, events = Crowd([receiver] * STREAMS), stack.events(**WITHOUT_LIMITS)
    crowd.come(events.port, STREAMS)
    # A second after a stream was opened, its session is checked once more.
    Sender(senders, PACE, receiver).send(3)
    sender = Sender(senders, PACE, receiver)
    sender.send(SECONDS)
    time.sleep(1)
    arrived = delays(crowd, sender)
    crowd.go()
    quantiles = statistics.quantiles(arrived, n=100)
    return TEXT.format(
        streams=STREAMS, events=len(sender.committed), pace=PACE, arrived=len(arrived),
        expected=len(sender.committed) * STREAMS,
        p50=quantiles[49], p95=quantiles[94], p99=quantiles[98], longest=max(arrived),
    )  # fmt: skip


def delays(crowd: Crowd, sender: Sender) -> list[float]:
    """Return the milliseconds between each commit and each arrival of its event."""
    return [
        (one.received[pk] - at) * 1000
        for one in crowd.listeners
        for pk, at in sender.committed.items()
        if pk in one.received
    ]
