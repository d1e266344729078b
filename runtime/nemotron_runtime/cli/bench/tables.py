"""Steps as a table that fits a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nemotron_runtime.cli.output import console, print_rows

if TYPE_CHECKING:
    from nemotron_bench.evidence import Step
    from nemotron_bench.metrics import Distribution

HEAD = (
    "load",
    "ok",
    "lost",
    "tok/s",
    "tok/s\nuser",
    "TTFT\np50/p99",
    "ITL\np50/p99",
    "tok\nevent",
    "E2EL\np50",
)


def print_steps(steps: Sequence[Step]) -> None:
    """The figures that are read first; the file has them all."""
    several = len({step.input_tokens for step in steps}) > 1
    goodput = any(step.figures.goodput_per_s is not None for step in steps)
    head = (*HEAD, "good/s") if goodput else HEAD
    print_rows(head, [_row(step, with_length=several)[: len(head)] for step in steps])
    if console().is_terminal:
        console().print("TTFT and ITL in ms, E2EL in s; lost: failed, or left on purpose.", style="dim")


def _row(step: Step, *, with_length: bool) -> tuple[str, ...]:
    found = step.figures
    lost = [f"{count} {name}" for name, count in found.errors.items()]
    lost += [f"{found.cancelled} left"] if found.cancelled else []
    return (
        step.label if with_length else str(step.arrivals),
        str(found.answered),
        ", ".join(lost) or "0",
        number(found.output_tokens_per_s),
        number(found.tokens_per_s_per_user),
        pair(found.ttft_ms),
        pair(found.itl_ms),
        number(found.tokens_per_event, 2),
        number(found.e2el_ms.p50 / 1000 if found.e2el_ms else None, 2),
        number(found.goodput_per_s, 2),
    )


def pair(found: Distribution | None) -> str:
    """Median and p99."""
    return f"{number(found.p50)}/{number(found.p99)}" if found else "-"


def number(value: float | None, digits: int = 1) -> str:
    """A figure that may be missing; whole from 100 on, for width."""
    return "-" if value is None else f"{value:.{0 if value >= 100 else digits}f}"
