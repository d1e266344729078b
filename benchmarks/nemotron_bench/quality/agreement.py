"""Whether two servers say the same at temperature 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nemotron_bench.quality.ask import Reply
from nemotron_bench.quality.interval import wilson

SHOWN = 40


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two answers part.

    Attributes:
        at: Characters that are equal, counted over thought, answer and calls, each with a line break.
        one: What the first server said from there, at most ``SHOWN`` characters.
    """

    name: str
    at: int
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many answers are equal.

    Attributes:
        asked: Pairs of which both were answered; the others count as ``failed``.
        interval: Of the share, 95 %.
        differences: All of them.
    """

    asked: int
    equal: int
    failed: int
    interval: tuple[float, float]
    differences: tuple[Difference, ...]

    @property
    def share(self) -> float | None:
        """Of the answered ones."""
        return self.equal / self.asked if self.asked else None


def agreement(names: Sequence[str], ones: Sequence[Reply], others: Sequence[Reply]) -> Agreement:
    """Compares answers to the same questions."""
    failed, differences = 0, []
    for name, one, other in zip(names, ones, others, strict=True):
        if one.error or other.error:
            failed += 1
        elif (found := difference(name, spoken(one), spoken(other))) is not None:
            differences.append(found)
    asked = len(names) - failed
    same = asked - len(differences)
    return Agreement(asked, same, failed, wilson(same, asked), tuple(differences))


def spoken(reply: Reply) -> str:
    """All that was generated, as far as it is seen: servers cut white space around its parts differently."""
    calls = "\n".join(f"{name}({arguments.strip()})" for name, arguments in reply.calls)
    return "\n".join((reply.reasoning.strip(), reply.content.strip(), calls))


def difference(name: str, one: str, other: str) -> Difference | None:
    """The first one, or None."""
    if one == other:
        return None
    pairs = enumerate(zip(one, other, strict=False))
    at = next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
    return Difference(name, at, one[at : at + SHOWN], other[at : at + SHOWN])
