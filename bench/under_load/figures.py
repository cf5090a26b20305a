"""The figures of one kind of work under load, beside those of the two floors."""

import statistics
from dataclasses import dataclass, field

from bench.under_load.visits import Kind

HEADER = [
    "work", "bytes", "queries", "requests/s", "of the floor", "of the plain floor", "p50 ms", "p95 ms",
    "p99 ms", "CPU ms", "CPU ms, plain floor", "requests/s and core", "to reach",
]  # fmt: skip
PLAIN_COLUMNS = (5, 10)


@dataclass
class Speed:
    """The requests per second of each slice, and the CPU seconds of the workers per request."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def milliseconds(self) -> float:
        return statistics.median(self.cpu) * 1000

    def ratio(self, other: "Speed") -> float:
        return statistics.median(
            rate / another for rate, another in zip(self.rates, other.rates, strict=True)
        )


@dataclass
class Figure:
    """The slices of one kind of work, those of the floor and, unless left out, those of the plain floor."""

    size: int
    queries: str
    work: Speed = field(default_factory=Speed)
    floor: Speed = field(default_factory=Speed)
    plain: Speed = field(default_factory=Speed)
    took: list[float] = field(default_factory=list)  # Seconds of each request of the work.

    def row(self, kind: Kind) -> list[str]:
        percentiles = statistics.quantiles(self.took, n=100, method="inclusive")
        has_plain = bool(self.plain.rates)
        return [
            kind.title,
            f"{self.size:,}" if self.size else "",
            self.queries,
            f"{statistics.median(self.work.rates):,.0f}",
            f"{self.work.ratio(self.floor):.2f}",
            f"{self.work.ratio(self.plain):.2f}" if has_plain else "",
            *(f"{percentiles[percent - 1] * 1000:.0f}" for percent in (50, 95, 99)),
            f"{self.work.milliseconds():.2f}",
            f"{self.plain.milliseconds():.2f}" if has_plain else "",
            f"{1000 / self.work.milliseconds():,.0f}",
            ", ".join(self.verdicts(kind)),
        ]

    def verdicts(self, kind: Kind) -> list[str]:
        """Return a sentence for each target whose floor was measured."""
        targets = (
            (kind.of_the_floor, self.floor, "of the floor"),
            (kind.of_the_plain_floor, self.plain, "of the plain floor"),
        )
        return [
            f"at least {least:g} {words}: {'reached' if self.work.ratio(floor) >= least else 'missed'}"
            for least, floor, words in targets
            if least is not None and floor.rates
        ]


def without_plain(cells: list[str]) -> list[str]:
    """Return the cells of a line, or the header, without the columns of the plain floor."""
    return [cell for number, cell in enumerate(cells) if number not in PLAIN_COLUMNS]
