"""Shows how far a transfer is: live on a terminal, a line now and then elsewhere, JSON lines by choice."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bars

from nemotron_runtime.cli.output import clean, error_console
from nemotron_runtime.weights.progress import Progress

_WINDOW_S = 30.0
"""What the rate is taken over."""


class Meter:
    """Bytes a second, and the seconds left, from the progress of late."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, done_bytes: int) -> float:
        """Notes a state; bytes a second."""
        now = self._clock()
        self._seen.append((now, done_bytes))
        while now - self._seen[0][0] > _WINDOW_S and len(self._seen) > 2:
            self._seen.popleft()
        began, first = self._seen[0]
        return max(0.0, (done_bytes - first) / (now - began)) if now > began else 0.0


class Transfer:
    """Plain lines on stderr, one every ``every_s``; call it with each progress."""

    every_s = 10.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._meter = clock, Meter(clock)
        self._phase, self._told, self._ended = "", float("-inf"), False

    def __call__(self, progress: Progress) -> None:
        """Shows what is due."""
        if progress.phase != self._phase:
            self._phase, self._meter = progress.phase, Meter(self._clock)
            self._told, self._ended = float("-inf"), False
        if progress.note:
            self._show_note(progress)
        now, ends = self._clock(), progress.done_bytes == progress.total_bytes
        if progress.phase != "wait" and (now - self._told >= self.every_s or (ends and not self._ended)):
            self._told, self._ended = now, ends
            self._show(progress, self._meter.see(progress.done_bytes))

    def event(self, name: str, words: str, **facts: Any) -> None:
        """Tells something that is not a progress: people the words, programs the facts."""
        error_console().print(clean(words), markup=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends what moves."""

    def _show_note(self, progress: Progress) -> None:
        print(clean(progress.note), file=sys.stderr, flush=True)

    def _show(self, progress: Progress, rate: float) -> None:
        share = 100 * progress.done_bytes / max(1, progress.total_bytes)
        sizes = f"{progress.done_bytes / 1e9:.2f} of {progress.total_bytes / 1e9:.2f} GB ({share:.0f} %)"
        pace = f", {rate / 1e6:.1f} MB/s, {_left(progress, rate)} left" if rate else ""
        print(f"{progress.phase}: {sizes}{pace}", file=sys.stderr, flush=True)


class LiveTransfer(Transfer):
    """A bar on stderr."""

    every_s = 0.1

    def __init__(self, out: Console) -> None:
        super().__init__()
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=out,
            speed_estimate_period=_WINDOW_S,
        )

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def event(self, name: str, words: str, **facts: Any) -> None:
        """Tells something that is not a progress, above the bar."""
        self._bars.console.print(clean(words), markup=False)

    def _show_note(self, progress: Progress) -> None:
        self._bars.console.print(clean(progress.note), markup=False)

    def _show(self, progress: Progress, rate: float) -> None:
        self._bars.start()
        task = next((one for one in self._bars.tasks if one.description == progress.phase), None)
        at = task.id if task else self._bars.add_task(progress.phase)
        self._bars.update(at, completed=progress.done_bytes, total=progress.total_bytes)


class JsonTransfer(Transfer):
    """One JSON object a line on stdout, its ``event`` one of order, progress, note, done, error."""

    every_s = 1.0

    def event(self, name: str, words: str, **facts: Any) -> None:
        """Writes the facts."""
        print(json.dumps({"event": name, **facts}, ensure_ascii=False), flush=True)

    def _show_note(self, progress: Progress) -> None:
        self.event("note", "", phase=progress.phase, text=progress.note)

    def _show(self, progress: Progress, rate: float) -> None:
        left = progress.total_bytes - progress.done_bytes
        self.event(
            "progress",
            "",
            phase=progress.phase,
            done_bytes=progress.done_bytes,
            total_bytes=progress.total_bytes,
            bytes_per_s=round(rate),
            left_s=round(left / rate, 1) if rate else None,
        )


def quieten() -> None:
    """Keeps the hub's client from writing over the bar what is told here in words."""
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)


def transfer(*, as_json: bool) -> Transfer:
    """The one that suits where the output goes."""
    if as_json:
        return JsonTransfer()
    out = error_console()
    return LiveTransfer(out) if out.is_terminal and not out.is_dumb_terminal else Transfer()


def _left(progress: Progress, rate: float) -> str:
    seconds = round((progress.total_bytes - progress.done_bytes) / rate)
    return (
        f"{seconds // 3600} h {seconds % 3600 // 60} min" if seconds >= 3600 else f"{-(-seconds // 60)} min"
    )
