"""Time on the GPU, and what of a difference in time is more than noise.

Two programs are compared A/B/A: what drifts (clocks, heat, other work) shows as a difference between the two
A's, and a gain that is not larger than that is none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Protocol

import torch

LEAST_NOISE = 0.005
"""Half a percent is never believed, however quiet a run was."""
WARM_RUNS = 3


class Program(Protocol):
    """Something that can be run again and again."""

    def sample(self, repeats: int) -> list[float]:
        """Microseconds of each of `repeats` runs."""
        ...


class Clock(Protocol):
    """Turns a body of launches into a program that can be timed."""

    def program(self, body: Callable[[], object]) -> Program:
        """The program whose run is one call of `body`."""
        ...


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds: the middle, and what a tenth of the runs lie below and above."""

    median: float
    p10: float
    p90: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Times:
        """Of at least one sample."""
        ordered = sorted(samples)
        tenth = round(0.1 * (len(ordered) - 1))
        return cls(median(ordered), ordered[tenth], ordered[-1 - tenth])

    def over(self, parts: int) -> Times:
        """Of one of `parts` equal parts."""
        return Times(self.median / parts, self.p10 / parts, self.p90 / parts)


@dataclass(frozen=True, slots=True)
class Comparison:
    """B against A.

    Attributes:
        a: times of A, first and last.
        b: times of B.
        gain: A's time over B's, the middle of the rounds; above 1 is faster.
        noise: the most that A differed from A within a round, as a share, and no less than `LEAST_NOISE`.
        rounds: the gain of each.
    """

    a: Times
    b: Times
    gain: float
    noise: float
    rounds: tuple[float, ...]

    @property
    def wins(self) -> bool:
        """Faster by more than the noise, and in every round: noise may have hit B only."""
        return self.gain > 1 + self.noise and min(self.rounds) > 1

    @property
    def loses(self) -> bool:
        """Slower by more than the noise."""
        return self.gain < 1 - self.noise


def compare(a: Program, b: Program, *, rounds: int, repeats: int) -> Comparison:
    """Runs A, B, A in each of some rounds.

    Args:
        a: what is to be beaten.
        b: what shall beat it.
        rounds: at least 1.
        repeats: runs of each of the three in a round.
    """
    taken = [(a.sample(repeats), b.sample(repeats), a.sample(repeats)) for _ in range(rounds)]
    return judge(taken)


def judge(rounds: Sequence[tuple[Sequence[float], Sequence[float], Sequence[float]]]) -> Comparison:
    """What samples of A, B, A in each round say."""
    gains, noises = [], [LEAST_NOISE]
    for first, middle, last in rounds:
        before, between, after = median(first), median(middle), median(last)
        gains.append((before + after) / 2 / between)
        noises.append(abs(before / after - 1))
    a = [sample for first, _, last in rounds for sample in (*first, *last)]
    b = [sample for _, middle, _ in rounds for sample in middle]
    return Comparison(Times.of(a), Times.of(b), median(gains), max(noises), tuple(gains))


def as_json(compared: Comparison, layers: int) -> dict[str, object]:
    """A comparison for files of results, in microseconds of one of `layers` layers."""
    sides = {"stock_us": compared.a.over(layers), "ours_us": compared.b.over(layers)}
    rounded = {name: [round(one, 3) for one in (t.p10, t.median, t.p90)] for name, t in sides.items()}
    return {
        "gain": round(compared.gain, 4),
        "noise": round(compared.noise, 4),
        "percentiles": [10, 50, 90],
    } | rounded


class GraphClock:
    """CUDA graphs between events: what a graph's launches take on the device, as the engine replays them."""

    def program(self, body: Callable[[], object]) -> Program:
        """Captures `body`, after runs that compile its kernels and allocate their memory."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_RUNS):
                body()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            body()
        return _Graph(graph)


class _Graph:
    def __init__(self, graph: torch.cuda.CUDAGraph) -> None:
        self._graph = graph

    def sample(self, repeats: int) -> list[float]:
        events = [torch.cuda.Event(enable_timing=True) for _ in range(repeats + 1)]
        events[0].record()
        for event in events[1:]:
            self._graph.replay()
            event.record()
        torch.cuda.synchronize()
        return [1e3 * before.elapsed_time(after) for before, after in pairwise(events)]


class WallClock:
    """The time that passes on this machine, for kernels that run on its CPU."""

    def program(self, body: Callable[[], object]) -> Program:
        """Runs `body` as it is."""
        return _Plain(body)


class _Plain:
    def __init__(self, body: Callable[[], object]) -> None:
        self._body = body

    def sample(self, repeats: int) -> list[float]:
        return [self._once() for _ in range(repeats)]

    def _once(self) -> float:
        began = time.perf_counter()
        self._body()
        return 1e6 * (time.perf_counter() - began)


def warm_up(program: Program, seconds: float) -> None:
    """Runs until the card has left its idle clocks."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        program.sample(5)
