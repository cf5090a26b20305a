"""`make bench-events`: memory of open streams, delay of events, and losses when a server is killed."""

import argparse
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

from django.core.cache import caches
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from bench import beside_streams, fan_out, report
from bench.staging import stage
from bench.under_load.servers import Stack
from bench.under_load.slices import Load
from bench.under_load.streams import Crowd, Sender
from bench.under_load.visits import mixed
from tests.support.harmed_valkey import Server, until

SIZE = 20_000
STREAMS, LISTENING = 500, 200
SENDS, SECONDS = 20, 20  # Sends per second, and the duration.


def delays(crowd: Crowd, sender: Sender) -> list[float]:
    """Return the milliseconds between each commit and the arrival of its event."""
    received = {one.user.pk: one.received for one in crowd.listeners}
    return [(received[sender.receivers[pk]][pk] - at) * 1000 for pk, at in sender.committed.items()]


def lost(crowd: Crowd, sender: Sender) -> int:
    received = {one.user.pk: one.received for one in crowd.listeners}
    return sum(pk not in received[receiver] for pk, receiver in sender.receivers.items())


def memory(events) -> float:
    return sum(process.memory_info().rss for process in [events.master, *events.master.children()]) / 2**20


def main(arguments: argparse.Namespace) -> None:
    staged = stage(arguments.size or SIZE)
    call_command("collectstatic", verbosity=0, interactive=False)
    users = User.objects.bulk_create(User(username=f"listener{n}", password="!") for n in range(STREAMS))
    with (
        tempfile.TemporaryDirectory(prefix="bobbin-events-", dir="/tmp") as folder,
        Stack(Path(folder)) as stack,
    ):
        server = Server(Path(folder))
        server.start()
        stack.callback(server.stop)
        os.environ["REDIS_URL"] = f"unix://{server.socket}?db=0"
        caches.settings["default"]["LOCATION"] = os.environ["REDIS_URL"]
        crowd, web, events = Crowd(users), stack.web(), stack.events()
        load, visits = Load(stack.browsers()), mixed(staged).visits
        load.warm_up(web.port, visits)
        crowd.come(events.port, 1)
        crowd.go()
        before = memory(events)
        crowd.come(events.port, STREAMS)
        after = memory(events)
        crowd.go()
        rounds = arguments.rounds or beside_streams.ROUNDS
        pages = beside_streams.compare(load, web, visits, crowd, events, streams=STREAMS, rounds=rounds)
        crowd.come(events.port, LISTENING)
        sender = Sender(users[:LISTENING], SENDS)
        sender.send(2)
        sender = Sender(users[:LISTENING], SENDS)
        sender.send(SECONDS)
        time.sleep(1)
        arrived = delays(crowd, sender)
        crowd.go()
        fanned = fan_out.measure(stack, users[0], users[1:])
        crowd.come(events.port, LISTENING)
        faults = [_fault(name, harm, crowd) for name, harm in _harms(server, stack, events).items()]
    text = _text(before, after, arrived, fanned, pages.text(), faults)
    print("\n" + text)
    if not arguments.no_write:
        report.write("live updates", f"{report.machine('gunicorn')}\n\n{text}")


def _harms(server: Server, stack: Stack, events) -> dict:
    def kill_events():
        stack.kill(events)
        time.sleep(2)
        stack.events(events.port)

    def kill_redis():
        server.stop()
        time.sleep(2)
        server.start()

    return {"`events` killed for 2 s": kill_events, "Redis killed for 2 s": kill_redis}


def _fault(name: str, harm, crowd: Crowd) -> list[str]:
    sender = Sender([one.user for one in crowd.listeners[:LISTENING]], SENDS)
    sending = threading.Thread(target=_send_and_close, args=(sender,))
    sending.start()
    time.sleep(2)
    harm()
    sending.join()
    until(lambda: all(one.is_open for one in crowd.listeners[:LISTENING]), 60)
    time.sleep(2)
    return [name, str(len(sender.committed)), str(lost(crowd, sender))]


def _send_and_close(sender: Sender) -> None:
    try:
        sender.send(10)
    finally:
        connection.close()


TEXT = """
One process `events`: {before:.0f} MiB RSS with its master before, {after:.0f} MiB with {streams} open streams
(at most 150). From commit until a browser has the event, with {listening} streams and {pace} sends a second,
{sends} sends: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms (at most 250), longest {longest:.1f} ms.

{fanned}

{pages}

Members write all the time meanwhile. Browsers reconnect by themselves and resume after the last event that
they received. "Lost" counts messages that never reach the browser of their receiver:

{faults}
"""


def _text(
    before: float, after: float, arrived: list[float], fanned: str, pages: str, faults: list[list[str]]
) -> str:
    quantiles = statistics.quantiles(arrived, n=100)
    return TEXT.format(
        before=before, after=after, streams=STREAMS, listening=LISTENING, pace=SENDS, sends=len(arrived),
        p50=quantiles[49], p95=quantiles[94], p99=quantiles[98], longest=max(arrived),
        fanned=fanned.strip(), pages=pages.strip(),
        faults=report.table(["what happens", "sends", "lost"], faults),
    )  # fmt: skip
