"""Tells how the start of the server goes: live on a terminal, lines elsewhere, JSON lines by choice."""

from __future__ import annotations

import json
import sys
import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from nemotron_runtime.cli.output import error_console


class Announcer:
    """Plain lines on stderr, each with the seconds since the start."""

    def __init__(self) -> None:
        self._start = self._began = time.monotonic()
        self._phase: str | None = None

    def phase(self, name: str, detail: str = "", left_s: float | None = None) -> None:
        """Begins a phase, which ends the one before; the same name again updates the detail.

        Args:
            left_s: Of the whole start, where that is known.
        """
        if name != self._phase:
            self._finish()
            self._phase, self._began = name, time.monotonic()
        self._show_phase(name, detail, left_s)

    def hush(self) -> None:
        """Makes room for something else on the terminal, until the next phase."""
        self._clear()

    def ready(self, lines: list[str]) -> None:
        """Ends the last phase and shows what is there now."""
        self._finish()
        self._show_ready("\n".join(lines))

    def warn(self, text: str) -> None:
        """Shows what the user should know; the phase goes on."""
        self._line(f"warning: {text}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._phase = None
        self._clear()

    def _finish(self) -> None:
        if self._phase is not None:
            self._show_done(self._phase, time.monotonic() - self._began)
        self._phase = None

    def _line(self, text: str) -> None:
        print(f"[{time.monotonic() - self._start:6.1f} s] {text}", file=sys.stderr, flush=True)

    def _show_phase(self, name: str, detail: str, left_s: float | None) -> None:
        text = f"{name}: {detail}" if detail else name
        self._line(text if left_s is None else f"{text} (about {left_s:.0f} s left)")

    def _show_done(self, name: str, seconds: float) -> None:
        self._line(f"{name}: done in {seconds:.1f} s")

    def _show_ready(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def _clear(self) -> None:
        """Leaves nothing moving behind."""


class LiveAnnouncer(Announcer):
    """A spinner with the seconds of the running phase and those left; a line for each finished one."""

    def __init__(self, out: Console) -> None:
        super().__init__()
        self._out = out
        self._live: Progress | None = None

    def warn(self, text: str) -> None:
        """Shows what the user should know; the phase goes on."""
        self._out.print(Text.assemble(("warning:", "bold yellow"), " ", text))

    def _show_phase(self, name: str, detail: str, left_s: float | None) -> None:
        text = f"{name}  {detail}".rstrip()
        if self._live is not None:
            self._live.update(self._live.task_ids[0], description=text)
            return
        self._live = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            _Left(),
            console=self._out,
            transient=True,
        )
        self._live.add_task(text, total=None, left_s=left_s)
        self._live.start()

    def _show_done(self, name: str, seconds: float) -> None:
        self._clear()
        self._out.print(f"\N{CHECK MARK} {name}  {seconds:.1f} s", style="green", markup=False)

    def _show_ready(self, text: str) -> None:
        self._out.print(text, markup=False, highlight=True)

    def _clear(self) -> None:
        if self._live is not None:
            self._live.stop()
        self._live = None


class _Left(ProgressColumn):
    """Counts down to the end of the whole start, where that is known."""

    def render(self, task: Task) -> Text:
        left_s = task.fields["left_s"]
        if left_s is None:
            return Text()
        return Text(f"about {max(0.0, left_s - (task.elapsed or 0)):.0f} s left", style="dim")


class JsonAnnouncer(Announcer):
    """One JSON object a line on stdout, its ``event`` one of phase, done, ready, warning."""

    def warn(self, text: str) -> None:
        """Writes a warning."""
        self._write("warning", text=text)

    def _show_phase(self, name: str, detail: str, left_s: float | None) -> None:
        self._write("phase", name=name, detail=detail, left_s=left_s)

    def _show_done(self, name: str, seconds: float) -> None:
        self._write("done", name=name, seconds=round(seconds, 3))

    def _show_ready(self, text: str) -> None:
        self._write("ready", lines=text.splitlines())

    def _write(self, event: str, **fields: Any) -> None:
        print(json.dumps({"event": event, **fields}), flush=True)


def announcer(*, as_json: bool) -> Announcer:
    """The announcer that suits where the output goes."""
    if as_json:
        return JsonAnnouncer()
    out = error_console()
    return LiveAnnouncer(out) if out.is_terminal and not out.is_dumb_terminal else Announcer()
