"""Steps as rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemotron_bench.evidence import Step
    from nemotron_bench.metrics import Distribution

STEP_HEAD = (
    "load",
    "answered",
    "failed",
    "left",
    "output tokens/s",
    "tokens/s/user",
    "TTFT p50 / p99, ms",
    "ITL p50 / p99, ms",
    "tokens/event",
    "E2EL p50, s",
    "goodput/s",
)


def step_row(step: Step) -> tuple[str, ...]:
    """The figures that are read first."""
    found = step.figures
    errors = ", ".join(f"{count} {name}" for name, count in found.errors.items())
    return (
        step.label,
        str(found.answered),
        errors or "0",
        str(found.cancelled),
        f"{found.output_tokens_per_s:.1f}",
        number(found.tokens_per_s_per_user),
        pair(found.ttft_ms),
        pair(found.itl_ms),
        number(found.tokens_per_event, 2),
        number(found.e2el_ms.p50 / 1000 if found.e2el_ms else None, 2),
        number(found.goodput_per_s, 2),
    )


def pair(found: Distribution | None) -> str:
    """Median and p99."""
    return f"{found.p50:.1f} / {found.p99:.1f}" if found else "-"


def number(value: float | None, digits: int = 1) -> str:
    """A figure that may be missing."""
    return "-" if value is None else f"{value:.{digits}f}"
