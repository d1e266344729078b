"""B against A, measured in turns: A B A B ... A.

Each B is held against the two A's around it, so what drifts slowly falls out. What two A's that follow each
other differ by is the noise that no difference may hide in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from nemotron_bench.compare import LENGTH_TOLERANCE
from nemotron_bench.evidence import Step
from nemotron_bench.metrics import Figures
from nemotron_bench.record import Row

ROUNDS = 3
"""Needed before anything is called a difference."""

_P99_VALUES = 100

SideName = Literal["A", "B"]
Verdict = Literal["better", "worse", "noise", "too few rounds", "other work", "failures"]

HIGHER = ("output_tokens_per_s", "requests_per_s", "tokens_per_s_per_user", "goodput_per_s")
LOWER = (
    *(("ttft_ms", "p50"), ("ttft_ms", "p99"), ("ttfc_ms", "p50")),
    *(("itl_ms", "p50"), ("tpot_ms", "p50"), ("e2el_ms", "p50")),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A step of one side."""

    side: SideName
    round: int
    step: Step


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of one load.

    Attributes:
        a: Median of its turns; so is ``b``.
        ratio: B over A, median of the rounds; ``low`` and ``high`` are the smallest and the largest.
        noise: Largest change between two turns of A that follow each other, as a share.
        verdict: Of B. ``better`` and ``worse`` only where every round differs from 1 to the same side, by
            more than the noise. Where there is no difference it is called one in 1.8 % of cases at three
            rounds, 0.4 % at four and 0.07 % at five (by simulation, normal noise), for each line. Nothing
            is called one where the sides' answers or prompts differ in length, or requests failed.
    """

    label: str
    figure: str
    a: float
    b: float
    ratio: float
    low: float
    high: float
    noise: float
    verdict: Verdict


def ratios(turns: Sequence[Turn]) -> list[Ratio]:
    """Of each load that both sides have, each figure that they both have in every turn."""
    labels = dict.fromkeys(turn.step.label for turn in turns)
    return [line for label in labels for line in _of_load(label, *sides(turns, label))]


def sides(turns: Sequence[Turn], label: str) -> tuple[list[Step], list[Step]]:
    """Steps of A and of B for a load, in the order of the rounds."""
    mine = sorted((turn for turn in turns if turn.step.label == label), key=lambda turn: turn.round)
    a, b = ([turn.step for turn in mine if turn.side == side] for side in ("A", "B"))
    return a, b


def unlike(a: Sequence[Step], b: Sequence[Step]) -> Mapping[str, tuple[float, float]]:
    """Mean tokens of a request where the sides differ by more than 2 %: then they did other work.

    Of requests that both answered: those of one round and one place in the workload have the same text.
    """
    ours, theirs = _answered(a), _answered(b)
    both = ours.keys() & theirs.keys()
    found = {}
    for name in ("prompt_tokens", "output_tokens"):
        one, two = (sum(getattr(side[key], name) or 0 for key in both) for side in (ours, theirs))
        if abs(one - two) > LENGTH_TOLERANCE * max(one, two):
            found[name] = (one / len(both), two / len(both))
    return found


def _answered(steps: Sequence[Step]) -> Mapping[tuple[int, int], Row]:
    return {(step.repeat, row.index): row for step in steps for row in step.rows if row.ok}


def judge(
    a: Sequence[float], b: Sequence[float], *, higher_is_better: bool
) -> tuple[list[float], float, Verdict]:
    """Ratios of the rounds, the noise, and what they say.

    Args:
        a: One more than ``b``: values above 0.
    """
    found = [value / math.sqrt(before * after) for value, (before, after) in zip(b, pairwise(a), strict=True)]
    noise = max(abs(math.log(after / before)) for before, after in pairwise(a))
    logs = [math.log(ratio) for ratio in found]
    if len(b) < ROUNDS:
        verdict: Verdict = "too few rounds"
    elif min(map(abs, logs)) <= noise or min(logs) < 0 < max(logs):
        verdict = "noise"
    else:
        verdict = "better" if (logs[0] > 0) == higher_is_better else "worse"
    return found, math.expm1(noise), verdict


def _of_load(label: str, a: Sequence[Step], b: Sequence[Step]) -> Iterator[Ratio]:
    if not b or len(a) != len(b) + 1:  # a run that was interrupted
        return
    excuse = _excuse(a, b)
    for name, part in (*((name, None) for name in HIGHER), *LOWER):
        ours, theirs = ([_value(step.figures, name, part) for step in side] for side in (a, b))
        known_a, known_b = (
            [value for value in side if value is not None and value > 0] for side in (ours, theirs)
        )
        if len(known_a) < len(ours) or len(known_b) < len(theirs):
            continue
        found, noise, verdict = judge(known_a, known_b, higher_is_better=part is None)
        yield Ratio(
            label=label,
            figure=f"{name} {part}" if part else name,
            a=median(known_a),
            b=median(known_b),
            ratio=median(found),
            low=min(found),
            high=max(found),
            noise=noise,
            verdict=excuse or verdict,
        )


def _excuse(a: Sequence[Step], b: Sequence[Step]) -> Verdict | None:
    if any(step.figures.failed for step in (*a, *b)):
        return "failures"
    return "other work" if unlike(a, b) else None


def _value(figures: Figures, name: str, part: str | None) -> float | None:
    """None for a p99 of few values, which is their maximum: one unlucky request."""
    found = getattr(figures, name)
    if part == "p99" and found is not None and found.n < _P99_VALUES:
        return None
    value: float | None = getattr(found, part) if part and found is not None else found
    return value
