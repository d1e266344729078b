"""Two runs beside each other: what differs in set-up first, then what differs in speed by more than noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from nemotron_bench.evidence import Evidence, Step, as_json
from nemotron_bench.metrics import Figures

REPEATS = 3
"""Needed on each side before anything is called a difference."""
LENGTH_TOLERANCE = 0.02

Verdict = Literal["better", "worse", "noise", "too few repeats"]

_HIGHER = ("output_tokens_per_s", "requests_per_s", "tokens_per_s_per_user", "goodput_per_s")
_LOWER = (
    ("ttft_ms", "p50"),
    ("ttft_ms", "p99"),
    ("ttfc_ms", "p50"),
    ("itl_ms", "p50"),
    ("itl_ms", "p99"),
    ("tpot_ms", "p50"),
    ("e2el_ms", "p50"),
)
_NO_SETUP = ("server.ready.start.", "server.ready.engine_start_s", "server.ready.engine_deaths")


@dataclass(frozen=True, slots=True)
class Setting:
    """A fact that isn't the same; None where one side hasn't it."""

    name: str
    a: str | None
    b: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of one load, as the median of the repeats.

    Attributes:
        ratio: B over A.
        spread: Of the repeats of the side that varies more: largest less smallest, over the median.
        verdict: Of B against A. ``better`` and ``worse`` only where the ranges of both sides' repeats are
            further apart than the wider of them is wide. Two sides that are the same pass for different in
            0.8 % of cases at three repeats, and in 0.05 % at four (by simulation, normal noise).
    """

    label: str
    figure: str
    a: float
    b: float
    ratio: float | None
    spread: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs.

    Attributes:
        warnings: Why the figures may not be comparable.
    """

    setup: tuple[Setting, ...]
    warnings: tuple[str, ...]
    figures: tuple[Compared, ...]


def compare(a: Evidence, b: Evidence) -> Comparison:
    """B against A, for the loads that are in both."""
    ours, theirs = _by_label(a), _by_label(b)
    both = [label for label in ours if label in theirs]
    warnings = [*_warn("A", a), *_warn("B", b)]
    warnings += [line for label in both for line in _unlike(label, ours[label], theirs[label])]
    for side, mine, other in (("A", ours, theirs), ("B", theirs, ours)):
        warnings += [f"only in {side}: {label}" for label in mine if label not in other]
    found = [line for label in both for line in _figures(label, ours[label], theirs[label])]
    return Comparison(tuple(_setup(a, b)), tuple(warnings), tuple(found))


def verdict(a: Sequence[float], b: Sequence[float], *, higher_is_better: bool) -> Verdict:
    """Of repeats of B against repeats of A."""
    if min(len(a), len(b)) < REPEATS:
        return "too few repeats"
    apart = max(min(b) - max(a), min(a) - max(b))
    if apart <= 0 or apart < max(_width(a), _width(b)):
        return "noise"
    return "better" if (min(b) > max(a)) == higher_is_better else "worse"


def _width(values: Sequence[float]) -> float:
    return max(values) - min(values)


def _figures(label: str, a: Sequence[Step], b: Sequence[Step]) -> Iterator[Compared]:
    for name, part in (*((name, None) for name in _HIGHER), *_LOWER):
        ours = [value for step in a if (value := _value(step.figures, name, part)) is not None]
        theirs = [value for step in b if (value := _value(step.figures, name, part)) is not None]
        if not ours or not theirs:
            continue
        middle_a, middle_b = median(ours), median(theirs)
        spreads = [_width(values) / median(values) for values in (ours, theirs) if median(values) > 0]
        yield Compared(
            label=label,
            figure=f"{name} {part}" if part else name,
            a=middle_a,
            b=middle_b,
            ratio=middle_b / middle_a if middle_a > 0 else None,
            spread=max(spreads) if spreads and min(len(ours), len(theirs)) > 1 else None,
            verdict=verdict(ours, theirs, higher_is_better=part is None),
        )


def _value(figures: Figures, name: str, part: str | None) -> float | None:
    found = getattr(figures, name)
    value: float | None = getattr(found, part) if part and found is not None else found
    return value


def _by_label(run: Evidence) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for step in run.steps:
        found.setdefault(step.label, []).append(step)
    return found


def _warn(side: str, run: Evidence) -> Iterator[str]:
    if run.facts.get("dirty"):
        yield f"{side} was measured with changes that no commit has"
    if not run.complete:
        yield f"{side} is not complete"
    for step in run.steps:
        for doubt in step.limits.doubts():
            yield f"{side}, {step.label}: {doubt}"
        if step.figures.failed:
            yield f"{side}, {step.label}: {step.figures.failed} of {step.figures.requests} requests failed"


def _unlike(label: str, a: Sequence[Step], b: Sequence[Step]) -> Iterator[str]:
    """Work that wasn't the same."""
    for name in ("prompt_tokens", "output_tokens", "cached_tokens"):
        ours, theirs = (
            sum(getattr(step.figures, name) for step in steps)
            / max(1, sum(step.figures.answered for step in steps))
            for steps in (a, b)
        )
        if abs(ours - theirs) > LENGTH_TOLERANCE * max(ours, theirs):
            yield f"{label}: {name} of a request differ, {ours:.0f} and {theirs:.0f}"


def _setup(a: Evidence, b: Evidence) -> Iterator[Setting]:
    ours, theirs = dict(_facts(a)), dict(_facts(b))
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name) and not name.startswith(_NO_SETUP):
            yield Setting(name, ours.get(name), theirs.get(name))


def _facts(run: Evidence) -> Iterator[tuple[str, str]]:
    document = as_json(run)
    for part in ("facts", "server", "workload", "settings", "gpus"):
        yield from _leaves(part, document[part])


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for place, inner in enumerate(value):
            yield from _leaves(f"{name}.{place}", inner)
    elif value not in (None, [], {}):
        yield name, str(value)
