"""Measures the cost of open event streams for pages: the same load with and without them, alternating."""

import statistics
import time
from dataclasses import dataclass, field

from tqdm import tqdm

from bench import report
from bench.under_load.servers import Web
from bench.under_load.slices import Load
from bench.under_load.streams import Crowd

SECONDS = 2.0
IDLE_SECONDS = 60
ROUNDS = 24
HEADER = ["streams", "requests/s", "p50 ms", "p95 ms", "workers' CPU ms a request", "`events`, of one core"]
TEXT = """
Pages of sixteen members, with and without {streams} open streams beside them, in turn, {rounds} slices of
{seconds:g} s each. The streams cost {cost} of the requests per second (the median over the rounds, with its
standard error). When nothing else happens, their heartbeats use {idle:.1f} % of one core.

{table}
"""


@dataclass
class Beside:
    """Results of the slices with this number of open streams."""

    streams: int
    rates: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # CPU seconds of the workers per request.
    events: list[float] = field(default_factory=list)  # CPU seconds of the process `events` per second.

    def run(self, load: Load, web: Web, visits: list[list[dict]], crowd: Crowd, events: Web) -> None:
        """Run one slice. The streams are opened before it, so their opening is not measured."""
        if self.streams:
            crowd.come(events.port, self.streams)
        try:
            load.warm_up(web.port, visits)
            before, at_first, began = web.cpu_seconds(), events.cpu_seconds(), time.perf_counter()
            done = load.slice(web.port, visits, SECONDS)
            lasted = time.perf_counter() - began
            self.cpu.append((web.cpu_seconds() - before) / done.requested)
            self.events.append((events.cpu_seconds() - at_first) / lasted)
            self.rates.append(done.rate)
            self.took += done.took
        finally:
            if self.streams:
                crowd.go()

    def row(self) -> list[str]:
        return [
            str(self.streams),
            f"{statistics.median(self.rates):,.0f}",
            f"{statistics.median(self.took) * 1000:.0f}",
            f"{statistics.quantiles(self.took, n=20)[-1] * 1000:.0f}",
            f"{statistics.median(self.cpu) * 1000:.2f}",
            f"{statistics.mean(self.events) * 100:.1f} %",
        ]


@dataclass
class Comparison:
    """Results without and with streams, and the share of a core that the heartbeats of idle streams use."""

    without: Beside
    beside: Beside
    idle: float

    def cost(self) -> str:
        """Return the share of the requests per second that is lost to the streams."""
        lost = [1 - one / other for one, other in zip(self.beside.rates, self.without.rates, strict=True)]
        return report.share(lost)

    def text(self) -> str:
        return TEXT.format(
            streams=self.beside.streams,
            rounds=len(self.beside.rates),
            seconds=SECONDS,
            cost=self.cost(),
            idle=self.idle * 100,
            table=report.table(HEADER, [self.without.row(), self.beside.row()]),
        )


def compare(
    load: Load, web: Web, visits: list[list[dict]], crowd: Crowd, events: Web, *, streams: int, rounds: int
) -> Comparison:
    """Run slices without and with `streams` open streams, `rounds` times each."""
    without, beside = Beside(0), Beside(streams)
    for number in tqdm(range(rounds), desc="pages", unit="round"):
        # Alternate the order, so that other load of the machine affects both.
        for way in (without, beside)[:: 1 if number % 2 else -1]:
            way.run(load, web, visits, crowd, events)
    return Comparison(without, beside, _idle(crowd, events, streams))


def _idle(crowd: Crowd, events: Web, streams: int) -> float:
    crowd.come(events.port, streams)
    began, before = time.perf_counter(), events.cpu_seconds()
    time.sleep(IDLE_SECONDS)
    share = (events.cpu_seconds() - before) / (time.perf_counter() - began)
    crowd.go()
    return share
