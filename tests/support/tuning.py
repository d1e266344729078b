"""A tiny layer, contenders and a clock by script, for tests of tuning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import torch
from torch import Tensor

from nemotron_kernels import reference
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.tune.cases import Case, Layer
from nemotron_kernels.tune.clock import Program

TINY = Geometry(experts=16, top_k=3, hidden=64, intermediate=32, shared_intermediate=64)


class TorchExperts:
    """The routed experts in plain torch, in place of vLLM's."""

    def __init__(self, layers: tuple[Layer, ...], name: str = "torch") -> None:
        self.layers, self.name = layers, name

    def run(self, index: int, case: Case, out: Tensor) -> Tensor:
        return self.experts(index, case).to(case.x.dtype)

    def experts(self, index: int, case: Case) -> Tensor:
        layer = self.layers[index]
        return reference.routed_experts(case.x, layer.up, layer.down, case.ids[index], case.weights[index])


@dataclass
class Scripted:
    """A contender that is right, and whose time a `ScriptedClock` knows by its name."""

    layers: tuple[Layer, ...]
    name: str
    wrong: Callable[[Tensor], Tensor] | None = None
    runs: int = 0

    def run(self, index: int, case: Case, out: Tensor) -> Tensor:
        self.runs += 1
        CURRENT.append(self.name)
        right = TorchExperts(self.layers).run(index, case, out)
        return self.wrong(right) if self.wrong else right


CURRENT: list[str] = []
"""Names of the contenders that have run, last one last: how the clock learns whose program it times."""


@dataclass
class ScriptedClock:
    """Times by contender's name: microseconds, and for each reading in turn a factor.

    Attributes:
        times: of each contender.
        noise: factors, again and again.
    """

    times: Mapping[str, float]
    noise: tuple[float, ...] = (1.0,)
    _count: Iterator[int] = field(default_factory=count)

    def program(self, body: Callable[[], object]) -> Program:
        body()
        return _Scripted(self, CURRENT[-1])

    def read(self, name: str) -> float:
        return self.times[name] * self.noise[next(self._count) % len(self.noise)]


class _Scripted:
    def __init__(self, clock: ScriptedClock, name: str) -> None:
        self._clock, self._name = clock, name

    def sample(self, repeats: int) -> list[float]:
        factor = self._clock.read(self._name)
        return [factor] * repeats


def nan_in_one_place(right: Tensor) -> Tensor:
    """As a kernel that divides zero by zero in one row."""
    wrong = right.clone()
    wrong[-1, 3] = torch.nan
    return wrong
