"""How far a tuning is: a bar with the time left on a terminal, a line for each row elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nemotron_runtime.cli.output import clean, error_console

if TYPE_CHECKING:
    from nemotron_kernels.tune.climb import Row, Tell
    from nemotron_kernels.tune.session import Order

_WINDOW_S = 300.0
"""What the pace is taken over: candidates of a large batch take longer."""


@contextmanager
def progress(order: Order) -> Iterator[Tell]:
    """Shows each step on standard error while it lasts."""
    from nemotron_kernels.tune.climb import Tell

    total = sum(order.plan.steps(order.geometry, order.weight_bytes, tiles=True).values())
    out = error_console()
    began, done = time.monotonic(), 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = Progress(*columns, console=out, speed_estimate_period=_WINDOW_S, disable=not out.is_terminal)
    bar = bars.add_task("measuring", total=total)

    def step(tokens: int, name: str) -> None:
        nonlocal done
        done += 1
        bars.update(bar, completed=min(done, total), description=f"{tokens} tokens")

    def row(found: Row) -> None:
        first = next(iter(found.verdict.compared.values()), None)
        gain = (
            f"{first.gain:.3f} of stock's speed, noise {100 * first.noise:.1f} %"
            if first
            else "nothing right"
        )
        left = (time.monotonic() - began) / max(done, 1) * max(total - done, 0) / 60
        kept = "kept" if found.verdict.winner is not None else "not kept"
        line = f"{found.tokens} tokens, {found.what}: {found.verdict.best or 'none'}: {gain}, {kept}"
        bars.console.print(clean(f"{line} ({done} of {total}, about {left:.0f} min left)"), markup=False)

    with bars:
        yield Tell(step, row)
