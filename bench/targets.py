"""Targets for the figures of a workload, with a description and a check."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


class Measured(Protocol):
    @property
    def median(self) -> float: ...
    @property
    def queries(self) -> int: ...


Figures = Mapping[str, Measured]  # By the name of the way: the limit, Bobbin, then the others.


@dataclass(frozen=True)
class Target:
    words: str
    is_reached: Callable[[Figures], bool]

    def verdict(self, figures: Figures) -> str:
        return f"{self.words}: {'reached' if self.is_reached(figures) else 'missed'}"


def bobbin(figures: Figures) -> Measured:
    return list(figures.values())[1]


def at_most(ratio: float, against: str | None = None) -> Target:
    """Bobbin takes at most `ratio` times as long as the limit, or as the way `against`."""

    def is_reached(figures: Figures) -> bool:
        other = figures[against or next(iter(figures))]
        return bobbin(figures).median <= ratio * other.median

    return Target(f"at most {ratio:g}" + (f" times {against}" if against else ""), is_reached)


def so_many_times(times: float, other: str) -> Target:
    """Bobbin does its work `times` times in the time that the other way needs for one run."""

    def is_reached(figures: Figures) -> bool:
        return times * bobbin(figures).median <= figures[other].median

    return Target(f"{times:g} times as often as {other}", is_reached)


def faster_than(words: str, *names: str) -> Target:
    """Bobbin is faster than each of these ways; without names, faster than all except the limit."""

    def is_reached(figures: Figures) -> bool:
        others = names or list(figures)[2:]
        return all(bobbin(figures).median < figures[name].median for name in others)

    return Target(f"faster than {words}", is_reached)


def one_query() -> Target:
    return Target("1 query", lambda figures: bobbin(figures).queries == 1)
