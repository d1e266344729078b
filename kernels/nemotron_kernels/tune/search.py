"""Finds what beats a baseline: first right, then fast, then faster by more than the noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from nemotron_kernels.tune.cases import Case, Kind, Layer
from nemotron_kernels.tune.check import WrongResult, oracle
from nemotron_kernels.tune.clock import Clock, Comparison, Program, compare
from nemotron_kernels.tune.contenders import Contender

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Effort:
    """How long is measured.

    Attributes:
        coarse: runs of each candidate in the first pass.
        finalists: that go on.
        rounds: of A/B/A.
        repeats: runs of each of its three parts.
    """

    coarse: int = 5
    finalists: int = 3
    rounds: int = 5
    repeats: int = 10


QUICK = Effort(coarse=3, finalists=2, rounds=3, repeats=5)


class Arena:
    """One case and the baseline to beat on it.

    Args:
        case: inputs.
        layers: weights; all of them are run, the last one's output is checked.
        clock: times them.
        baseline: vLLM's own experts.
    """

    def __init__(self, case: Case, layers: tuple[Layer, ...], clock: Clock, baseline: Contender) -> None:
        self.case = case
        self._layers, self._clock = layers, clock
        self._out = case.x.new_empty((2, *case.x.shape))
        self._oracle = oracle(case, layers, len(layers) - 1)
        self.stock_error = self._oracle.measure(baseline)
        if not self.stock_error < 1:
            raise WrongResult(
                f"{baseline.name} itself is wrong: error {self.stock_error:.2g} against float64"
            )
        self._baseline = self.program(baseline)

    def error(self, contender: Contender) -> float:
        """The contender's error.

        Raises:
            WrongResult: it is larger than allowed.
        """
        return self._oracle.require(contender, self.stock_error)

    def program(self, contender: Contender) -> Program:
        """All layers, one after the other."""

        def body() -> None:
            for index in range(len(self._layers)):
                contender.run(index, self.case, self._out)

        return self._clock.program(body)

    def compare(self, program: Program, effort: Effort) -> Comparison:
        """A program against the baseline, A/B/A."""
        return compare(self._baseline, program, rounds=effort.rounds, repeats=effort.repeats)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a search found.

    Attributes:
        winner: which candidate beats the baseline, by its place; None if none does.
        best: name of the winner, else of the best that was compared; None if no candidate was right.
        error: of `best`, against float64.
        stock_error: of the baseline.
        compared: `best` against the baseline, by routing.
        rejected: why candidates were not timed, by name.
    """

    winner: int | None
    best: str | None
    error: float | None
    stock_error: float
    compared: Mapping[Kind, Comparison]
    rejected: Mapping[str, str]


def search(
    arenas: Sequence[Arena],
    candidates: Sequence[Contender],
    effort: Effort,
    tell: Callable[[str], None] = lambda name: None,
) -> Verdict:
    """Looks for the fastest of some candidates that beats the baseline.

    Args:
        arenas: the first one must be won; on the others nothing may be lost.
        candidates: tried in this order.
        effort: how long is measured.
        tell: hears the name of each candidate when it is done.
    """
    first = arenas[0]
    right, rejected = _coarse(first, candidates, effort, tell)
    compared = []
    for _, number, contender, error, program in right:
        comparisons = {first.case.kind: first.compare(program, effort)}
        try:
            for arena in arenas[1:]:
                arena.error(contender)
                comparisons[arena.case.kind] = arena.compare(arena.program(contender), effort)
        except Exception as fault:
            rejected[contender.name] = _reason(fault)
            continue
        compared.append((number, contender.name, error, comparisons))
    compared.sort(key=lambda one: (not _accepted(one[3]), -one[3][first.case.kind].gain))
    if not compared:
        return Verdict(None, None, None, first.stock_error, {}, rejected)
    number, name, error, comparisons = compared[0]
    winner = number if _accepted(comparisons) else None
    return Verdict(winner, name, error, first.stock_error, comparisons, rejected)


def _coarse(
    arena: Arena, candidates: Sequence[Contender], effort: Effort, tell: Callable[[str], None]
) -> tuple[list[tuple[float, int, Contender, float, Program]], dict[str, str]]:
    """The fastest few that are right, by one short look; and why others are out."""
    right: list[tuple[float, int, Contender, float, Program]] = []
    rejected: dict[str, str] = {}
    for number, contender in enumerate(candidates):
        try:
            error = arena.error(contender)
            program = arena.program(contender)
            right.append((median(program.sample(effort.coarse)), number, contender, error, program))
        except Exception as fault:  # a tile that a compiler or a card refuses must not end the search
            rejected[contender.name] = _reason(fault)
        right = sorted(right, key=lambda one: one[:2])[: effort.finalists]
        tell(contender.name)
    return right, rejected


def _accepted(comparisons: Mapping[Kind, Comparison]) -> bool:
    first, *others = comparisons.values()
    return first.wins and not any(other.loses for other in others)


def _reason(fault: Exception) -> str:
    lines = str(fault).strip().splitlines()
    return f"{type(fault).__name__}: {lines[0] if lines else ''}"[:LONGEST_REASON]
