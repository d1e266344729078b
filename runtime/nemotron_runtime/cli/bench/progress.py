"""How a run goes on: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn

from nemotron_runtime.cli.output import clean, error_console

if TYPE_CHECKING:
    from nemotron_bench.run import Progress as Step
    from nemotron_bench.serve import Tell

_LINE_EVERY_S = 10.0


@contextmanager
def live() -> Iterator[Tell]:
    """Shows what runs on standard error."""
    out = error_console()
    if not out.is_terminal:
        yield _lines()
        return
    with Progress(TextColumn("{task.description}", markup=False), BarColumn(), console=out) as bars:
        bar = bars.add_task("", total=None)

        def tell(part: str, step: Step) -> None:
            share = _share(step)
            total = None if share is None else 1.0
            bars.update(bar, description=clean(f"{part}: {text(step)}"), total=total, completed=share or 0.0)

        yield tell


def text(step: Step) -> str:
    """One line of it."""
    done = f"{step.done} of {step.total}" if step.total else str(step.done)
    left = "" if step.left_s is None else f", {step.left_s:.0f} s left"
    return f"{step.open} open, {step.events_per_s:.0f} events/s, {done} done, {step.failed} failed{left}"


def _lines() -> Tell:
    out, last, said = error_console(), "", 0.0

    def tell(part: str, step: Step) -> None:
        nonlocal last, said
        now = time.monotonic()
        if part != last or now - said >= _LINE_EVERY_S or (step.open == 0 and step.done):
            last, said = part, now
            out.print(clean(f"{part}: {text(step)}"), markup=False)

    return tell


def _share(step: Step) -> float | None:
    by_count = step.done / step.total if step.total else None
    by_clock = step.elapsed_s / (step.elapsed_s + step.left_s) if step.left_s is not None else None
    return max((share for share in (by_count, by_clock) if share is not None), default=None)
