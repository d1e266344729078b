"""How a start goes: its phases, how long each took, and how long is left by what earlier starts took."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import platformdirs
import structlog

log = structlog.get_logger()


class Announcer(Protocol):
    """Tells the person at the terminal what goes on."""

    def phase(self, name: str, detail: str = "", left_s: float | None = None) -> None:
        """A step begins, or has news. ``left_s``: of the whole start, where that is known."""

    def ready(self, lines: list[str]) -> None:
        """Requests are answered from now on."""

    def warn(self, text: str) -> None:
        """Something is not as it should be."""


class Start:
    """An announcer that keeps the time, for another one that shows it.

    Safe to call from several threads.

    Args:
        show: Where all of it is told, with the time left.
        file: Where what each phase took is kept from start to start.
    """

    def __init__(self, show: Announcer, file: Path | None = None) -> None:
        self._show = show
        self._file = file or platformdirs.user_cache_path("nemotron") / "starts.json"
        self._lock = threading.Lock()
        self._began = self._phase_began = time.monotonic()
        self._phase: str | None = None
        self._took: dict[str, float] = {}
        self._kind = ""
        self._known: Mapping[str, float] = {}

    def expect(self, kind: str) -> None:
        """Says what is being started; from now on the time left is that of the last start of this kind."""
        self._kind = kind
        self._known = _read(self._file).get(kind, {})

    def phase(self, name: str, detail: str = "", left_s: float | None = None) -> None:
        """See the protocol."""
        with self._lock:
            if name != self._phase:
                self._close()
                self._phase, self._phase_began = name, time.monotonic()
            self._show.phase(name, detail, self._left())

    def ready(self, lines: list[str]) -> None:
        """See the protocol. Keeps what each phase took."""
        with self._lock:
            self._close()
            _write(self._file, self._kind, self._took)
            log.info("started", seconds=self.passed_s, **{f"{name}_s": s for name, s in self._took.items()})
            self._show.ready(lines)

    def warn(self, text: str) -> None:
        """See the protocol."""
        self._show.warn(text)

    @property
    def passed_s(self) -> float:
        """Since the beginning, or of the whole start once it is over."""
        return round(
            sum(self._took.values()) + (time.monotonic() - self._phase_began if self._phase else 0), 1
        )

    def report(self) -> dict[str, Any]:
        """``phase`` (None once it is over), ``passed_s``, ``left_s`` and ``phases``, for /ready."""
        with self._lock:
            return {
                "phase": self._phase,
                "passed_s": self.passed_s,
                "left_s": self._left(),
                "phases": dict(self._took),
            }

    def _close(self) -> None:
        if self._phase is not None:
            passed = time.monotonic() - self._phase_began
            self._took[self._phase] = round(self._took.get(self._phase, 0) + passed, 1)
        self._phase = None

    def _left(self) -> float | None:
        if not self._known:
            return None
        if self._phase is None:
            return 0.0
        now = time.monotonic() - self._phase_began
        ahead = {name: s for name, s in self._known.items() if name not in self._took}
        return round(max(0.0, ahead.pop(self._phase, 0.0) - now) + sum(ahead.values()), 1)


def _read(file: Path) -> dict[str, dict[str, float]]:
    """What is no such file counts as empty: it only serves an estimate."""
    try:
        found = json.loads(file.read_bytes())
        return {str(kind): {str(name): float(s) for name, s in took.items()} for kind, took in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _write(file: Path, kind: str, took: Mapping[str, float]) -> None:
    if not kind:
        return
    fresh = file.with_suffix(f".{threading.get_ident()}.new")
    with suppress(OSError):  # a home that can't be written to costs the estimate alone
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps({**_read(file), kind: dict(took)}, indent=1), encoding="utf-8")
        fresh.replace(file)
