"""What the figures of a piece of work should reach: in words, and whether they do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


class Measured(Protocol):
    @property
    def median(self) -> float: ...
    @property
    def queries(self) -> int: ...


Figures = Mapping[str, Measured]  # By the name of the way: the limit, Bobbin's, then others.


@dataclass(frozen=True)
class Target:
    words: str
    is_reached: Callable[[Figures], bool]

    def verdict(self, figures: Figures) -> str:
        return f"{self.words}: {'reached' if self.is_reached(figures) else 'missed'}"


def ours(figures: Figures) -> Measured:
    return list(figures.values())[1]


def at_most(ratio: float, against: str | None = None) -> Target:
    """Bobbin takes at most so many times what the limit takes, or another way."""

    def is_reached(figures: Figures) -> bool:
        other = figures[against or next(iter(figures))]
        return ours(figures).median <= ratio * other.median

    return Target(f"at most {ratio:g}" + (f" times {against}" if against else ""), is_reached)


def so_many_times(times: float, other: str) -> Target:
    """Bobbin does its work so many times while the other way does its own once."""

    def is_reached(figures: Figures) -> bool:
        return times * ours(figures).median <= figures[other].median

    return Target(f"{times:g} times as often as {other}", is_reached)


def faster_than(words: str, *names: str) -> Target:
    """Bobbin is faster than each of these ways; without names, than each but the limit."""

    def is_reached(figures: Figures) -> bool:
        others = names or list(figures)[2:]
        return all(ours(figures).median < figures[name].median for name in others)

    return Target(f"faster than {words}", is_reached)


def one_query() -> Target:
    return Target("1 query", lambda figures: ours(figures).queries == 1)
