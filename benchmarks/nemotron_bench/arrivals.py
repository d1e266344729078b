"""When requests are sent."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


class BadArrivals(ValueError):
    """A load that can't be."""


@dataclass(frozen=True, slots=True)
class Closed:
    """So many at a time: the next one is sent when one ends.

    Attributes:
        concurrency: Streams.
        ramp_s: Over how long the streams begin, evenly; 0: all at once.
    """

    concurrency: int
    ramp_s: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.concurrency <= 100_000:
            raise BadArrivals(f"a concurrency is from 1 to 100000, not {self.concurrency}")
        if not 0 <= self.ramp_s <= 3600:
            raise BadArrivals(f"a ramp lasts from 0 to 3600 s, not {self.ramp_s}")

    def __str__(self) -> str:
        return f"{self.concurrency} streams" if self.concurrency > 1 else "1 stream"


@dataclass(frozen=True, slots=True)
class Poisson:
    """Open loop: sessions come at random, whether or not earlier ones have ended.

    Attributes:
        rate_per_s: Mean number of sessions a second; a plain request is a session of one.
    """

    rate_per_s: float

    def __post_init__(self) -> None:
        if not 0 < self.rate_per_s <= 100_000:
            raise BadArrivals(f"a rate is above 0 and at most 100000 a second, not {self.rate_per_s}")

    def __str__(self) -> str:
        return f"{self.rate_per_s:g} a second"

    def offsets_s(self, seed: int) -> Iterator[float]:
        """Seconds from the beginning, without end; the same for the same seed."""
        gaps = random.Random(f"arrivals-{seed}")  # noqa: S311
        now_s = 0.0
        while True:
            now_s += gaps.expovariate(self.rate_per_s)
            yield now_s


Arrivals = Closed | Poisson


def closed_ladder(text: str, ramp_s: float = 0.0) -> tuple[Closed, ...]:
    """``1,8,64`` as steps.

    Raises:
        BadArrivals: not a list of whole numbers from 1.
    """
    try:
        counts = [int(word) for word in text.split(",")]
    except ValueError:
        raise BadArrivals(f"a list of whole numbers is needed, as in 1,8,64, not {text!r}") from None
    return tuple(Closed(count, ramp_s) for count in counts)


def poisson_ladder(text: str) -> tuple[Poisson, ...]:
    """``0.5,1,2`` requests a second as steps.

    Raises:
        BadArrivals: not a list of numbers above 0.
    """
    try:
        rates = [float(word) for word in text.split(",")]
    except ValueError:
        raise BadArrivals(f"a list of numbers is needed, as in 0.5,1,2, not {text!r}") from None
    return tuple(Poisson(rate) for rate in rates)
