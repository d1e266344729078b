"""The figures: counts by measure and by skill, their intervals, the table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nemotron_demo.exam.ask import Reply
from nemotron_demo.exam.grade import (
    AFTER,
    ARITHMETIC,
    MEASURES,
    PARALLEL,
    SINGLE,
    WELL_FORMED,
    Verdict,
)
from nemotron_demo.exam.questions import Question

TARGETS = {SINGLE: 95, PARALLEL: 90, WELL_FORMED: 95, AFTER: 85, ARITHMETIC: 90}
"""Percentages that the demo model is meant to reach."""

EXAMPLES = 40

_Z = 1.959964  # of a 95 % interval

Graded = tuple[Question, Reply, Verdict]


def wilson(right: int, asked: int) -> tuple[float, float]:
    """The 95 % interval of a share, in percent."""
    if not asked:
        return 0.0, 100.0
    share, spread = right / asked, _Z * _Z / asked
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / asked + spread / asked / 4)
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


def row(name: str, right: int, asked: int) -> dict[str, Any]:
    """One measure as numbers."""
    low, high = wilson(right, asked)
    percent = 100 * right / asked if asked else None
    target = TARGETS.get(name)
    met = None if target is None or percent is None else percent >= target
    interval = [round(low, 1), round(high, 1)]
    shown = None if percent is None else round(percent, 1)
    return {
        **{"name": name, "right": right, "asked": asked, "percent": shown, "interval": interval},
        **{"target": target, "met": met},
    }


def by_measure(graded: Iterable[Graded]) -> list[dict[str, Any]]:
    """One row for each measure."""
    right, asked = Counter[str](), Counter[str]()
    for _, _, verdict in graded:
        asked.update(verdict.marks.keys())
        right.update(name for name, good in verdict.marks.items() if good)
    return [row(name, right[name], asked[name]) for name in MEASURES]


def by_skill(graded: Iterable[Graded]) -> list[dict[str, Any]]:
    """One row for each skill: turns with nothing wrong at all."""
    right, asked = Counter[str](), Counter[str]()
    for question, _, verdict in graded:
        asked[question.skill] += 1
        right[question.skill] += verdict.right
    return [row(name, right[name], asked[name]) for name in sorted(asked)]


def failures(graded: Iterable[Graded]) -> list[dict[str, Any]]:
    """Up to ``EXAMPLES`` replies that are wrong in any way, spread over the skills."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for question, reply, verdict in graded:
        if not verdict.right:
            by_name.setdefault(question.skill, []).append(_failure(question, reply, verdict))
    found: list[dict[str, Any]] = []
    while len(found) < EXAMPLES and any(by_name.values()):
        found.extend(examples.pop(0) for examples in by_name.values() if examples)
    return found[:EXAMPLES]


def _failure(question: Question, reply: Reply, verdict: Verdict) -> dict[str, Any]:
    calls = [{"name": call.name, "arguments": dict(call.arguments)} for call in question.calls]
    got = [{"name": name, "arguments": arguments} for name, arguments in reply.calls]
    return {
        "skill": question.skill,
        "wrong": [name for name, good in verdict.marks.items() if not good],
        "faults": list(verdict.faults),
        "user": question.asked,
        "expected": calls or question.text,
        "got": {"reasoning": reply.reasoning, "content": reply.content, "calls": got},
        "finish": reply.finish,
    }


def table(passes: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """A Markdown table: a line for each measure, a column for each pass."""
    lines = [
        "| measure | " + " | ".join(passes) + " | target | reached |",
        "|---" * (len(passes) + 3) + "|",
    ]
    for across in zip(*passes.values(), strict=True):
        if any(one["asked"] for one in across):
            cells = [across[0]["name"], *map(_cell, across), _target(across[0]), _reached(across)]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(one: Mapping[str, Any]) -> str:
    low, high = one["interval"]
    return f"{one['percent']:.1f} % ({one['right']}/{one['asked']}; {low:.0f} to {high:.0f})"


def _target(one: Mapping[str, Any]) -> str:
    return "" if one["target"] is None else f"{one['target']} %"


def _reached(across: Iterable[Mapping[str, Any]]) -> str:
    met = [one["met"] for one in across]
    if None in met:
        return ""
    return "met" if all(met) else ", ".join("met" if one else "missed" for one in met)


def all_met(passes: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
    """Whether each target is met in each pass, none left unasked."""
    rows = [one for rows in passes.values() for one in rows if one["target"] is not None]
    return all(one["met"] for one in rows)
