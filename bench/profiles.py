"""`make bench-http ARGS=--profiles`: readers beside a writer, and more clients than the servers can serve."""

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tqdm import tqdm

from bench import report
from bench.staging import Stage
from bench.under_load.browser import TIMEOUT
from bench.under_load.servers import THREADS, WORKERS, Stack, Web
from bench.under_load.slices import Load
from bench.under_load.visits import BROWSERS, MIX, Member, mixed

ROUNDS, SECONDS = 6, 2.0
SENDS = 10  # Of the writer, in a second.
CLIENTS = (16, 64, 256)
OVERLOAD_SECONDS = 5.0
REFUSED = re.compile(r": status (429|503)\b|: ConnectionRefusedError")
PERCENTS = (50, 95, 99)
TIMES = ["p50 ms", "p95 ms", "p99 ms"]
OVERLOADED = ["clients", "requests/s", *TIMES, "longest ms", "refused", "errors"]
TEXT = """
{readers} members read in a closed loop: their inbox, their conversation with the writer, and the polling
state. In every other slice of {seconds:g} s, the writer sends {sends} messages a second to them in turn, by
the form of a reply. The readers lose {cost} of their requests per second (the median over {rounds} rounds,
with its standard error): after each message, two members have no cached page.

{beside}

{counts} clients request pages of sixteen members in a closed loop for {overload:g} s each:
{mix}. gunicorn has {threads} threads, so the
others wait. "Refused" is status 429 or 503, or a refused connection. "Errors" is every other wrong response,
or none within {timeout} s.

{overloaded}
"""


@dataclass
class Beside:
    """The slices of the readers with or without the writer."""

    title: str
    rates: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)

    def run(self, load: Load, web: Web, visits: list[list[dict]]) -> None:
        load.warm_up(web.port, visits[:BROWSERS])
        done = load.slice(web.port, visits, SECONDS)
        self.rates.append(done.rate)
        self.took += done.took
        self.sent += done.paced

    def rows(self) -> list[list[str]]:
        rows = [[self.title, f"{statistics.median(self.rates):,.0f}", *milliseconds(self.took)]]
        if self.sent:
            pace = len(self.sent) / len(self.rates) / SECONDS
            rows.append(["the writer's sends", f"{pace:.1f}", *milliseconds(self.sent)])
        return rows


def measure(stack: Stack, load: Load, staged: Stage, rounds: int | None) -> str:
    """Return the text of the section; print it too."""
    web = stack.web()
    beside, cost = _beside(load, web, staged, rounds or ROUNDS)
    overloaded = [_overload(load, web, mixed(staged).visits, count) for count in CLIENTS]
    text = TEXT.format(
        readers=BROWSERS, seconds=SECONDS, sends=SENDS, cost=cost, rounds=rounds or ROUNDS,
        beside=report.table(["readers", "requests/s", *TIMES], beside),
        counts=", ".join(map(str, CLIENTS[:-1])) + f" and {CLIENTS[-1]}", overload=OVERLOAD_SECONDS,
        overloaded=report.table(OVERLOADED, overloaded), mix=MIX, threads=WORKERS * THREADS, timeout=TIMEOUT,
    )  # fmt: skip
    print(text)
    return text


def milliseconds(seconds: Sequence[float]) -> list[str]:
    percentiles = statistics.quantiles(seconds, n=100, method="inclusive")
    return [f"{percentiles[percent - 1] * 1000:.0f}" for percent in PERCENTS]


def _beside(load: Load, web: Web, staged: Stage, rounds: int) -> tuple[list[list[str]], str]:
    writer = Member(staged.inbox)
    readers = [_visits_of(Member(pk), writer.user.username) for pk, *_ in writer.sides[:BROWSERS]]
    sends = [reply | {"every": 1 / SENDS} for reply in writer.replies()[:BROWSERS]]
    alone, with_writer = Beside("without the writer"), Beside("with the writer")
    for number in tqdm(range(rounds), desc="readers", unit="round", leave=False):
        for way in (alone, with_writer)[:: 1 if number % 2 else -1]:
            way.run(load, web, readers if way is alone else [*readers, sends])
    lost = [1 - one / other for one, other in zip(with_writer.rates, alone.rates, strict=True)]
    return [*alone.rows(), *with_writer.rows()], report.share(lost)


def _visits_of(reader: Member, writer: str) -> list[dict]:
    return [reader.inbox(), reader.conversation(writer), reader.state()]


def _overload(load: Load, web: Web, visits: list[list[dict]], count: int) -> list[str]:
    """Return a line for `count` clients, who divide the visits of the sixteen members among them."""
    clients = [_turned(visits[n % BROWSERS], n // BROWSERS) for n in range(count)]
    load.run(web.port, clients, 1.0)  # Not measured: all connections are opened.
    done = load.run(web.port, clients, OVERLOAD_SECONDS)
    refused, errors = wrong_responses(done.failures)
    return [
        str(count),
        f"{done.rate:,.0f}",
        *milliseconds(done.took),
        f"{max(done.took) * 1000:.0f}",
        str(refused),
        ", ".join([str(errors.total()), *(f"{reason} ({n})" for reason, n in errors.most_common(3))]),
    ]


def _turned(visits: list[dict], turn: int) -> list[dict]:
    start = turn * 7 % len(visits)
    return visits[start:] + visits[:start]


def wrong_responses(failures: list[str]) -> tuple[int, Counter[str]]:
    """Return the number of refused requests, and the other wrong responses by their reason."""
    others = [failure for failure in failures if not REFUSED.search(failure)]
    return len(failures) - len(others), Counter(failure.partition(": ")[2] for failure in others)
