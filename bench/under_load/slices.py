"""Runs the browsers for a short time each, and checks what they report."""

import re
from dataclasses import dataclass

from bench.under_load.figures import Speed
from bench.under_load.servers import Browsers, Web
from tests.support.audit import Sent

SECONDS, WARM_UP = 0.3, 0.1


# Responses that were right, but not from the cache.
UNCACHED = re.compile(r": (cache: miss instead of hit|status 200)$")
TRIES = 3


class WrongAnswersError(Exception):
    """A response was wrong, so its speed is meaningless."""


class UncachedError(WrongAnswersError):
    """Pages were made anew instead of coming from the cache: on a busy machine, Redis can exceed 200 ms."""


@dataclass(frozen=True)
class Done:
    """The measurements of the browsers in one slice."""

    rate: float  # Requests per second.
    requested: int
    took: list[float]  # Seconds of each request that is not paced.
    paced: list[float]
    failures: list[str]
    acknowledged: list[list]


class Load:
    """Runs slices one after the other, and collects the acknowledged sends."""

    def __init__(self, browsers: Browsers) -> None:
        self.browsers = browsers
        self.acknowledged: list[Sent] = []

    def run(self, port: int, visits: list[list[dict]], seconds: float) -> Done:
        """Run one slice. Its responses may be wrong."""
        done = Done(**self.browsers.run(port, seconds, visits))
        self.acknowledged += [Sent(*sent) for sent in done.acknowledged]
        return done

    def slice(self, port: int, visits: list[list[dict]], seconds: float) -> Done:
        """Run one slice. Raise WrongAnswersError if a response was wrong."""
        done = self.run(port, visits, seconds)
        if done.failures:
            kind = UncachedError if all(map(UNCACHED.search, done.failures)) else WrongAnswersError
            raise kind(f"{len(done.failures)} answers were wrong: {done.failures[0]}")
        return done

    def warm_up(self, port: int, visits: list[list[dict]]) -> None:
        """Fill the caches, and separate the next slice from earlier load.

        Each message is sent twice here, as by a double click.
        """
        self.slice(port, [[_warming(visit) for visit in each] for each in visits], WARM_UP)

    def time(self, web: Web, port: int, visits: list[list[dict]], speed: Speed) -> list[float]:
        """Warm up, run one slice and add it to `speed`. Return the seconds of its requests."""
        for _ in range(TRIES - 1):
            try:
                return self._time(web, port, visits, speed)
            except UncachedError as error:
                print(f"repeated: {error}")
        return self._time(web, port, visits, speed)

    def _time(self, web: Web, port: int, visits: list[list[dict]], speed: Speed) -> list[float]:
        self.warm_up(port, visits)
        before = web.cpu_seconds()
        done = self.slice(port, visits, SECONDS)
        speed.cpu.append((web.cpu_seconds() - before) / done.requested)
        speed.rates.append(done.rate)
        return done.took


def _warming(visit: dict) -> dict:
    """Return the visit without the expectation that the cache or the browser has its page already."""
    return visit | {"cache": None, "again": True} | ({"status": None} if "status" in visit else {})
