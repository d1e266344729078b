"""The log of a server in the background: where it is, and how it is read while it grows."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

import platformdirs


def folder() -> Path:
    """Where logs are."""
    return platformdirs.user_log_path("nemotron")


def path(port: int) -> Path:
    """The log of the server on a port."""
    return folder() / f"serve-{port}.log"


def newest() -> Path | None:
    """The log that was written to last."""
    return max(folder().glob("serve-*.log"), key=lambda log: log.stat().st_mtime, default=None)


def begin(log: Path) -> None:
    """Makes an empty log that only this user can read; the last run's is kept beside it."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    log.touch(mode=0o600)


class Tail:
    """The lines that are added to a file, even where it is cut or replaced meanwhile.

    Args:
        log: Must exist.
        last: Lines from before to begin with; None: all of them.

    Raises:
        OSError: The file can't be read.
    """

    def __init__(self, log: Path, last: int | None = None) -> None:
        self._log = log
        self._file = self._open()
        self._rest = b""
        self._before = deque(self._lines(), maxlen=last)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def lines(self) -> list[str]:
        """Whole lines since the last call, without their ends."""
        lines = [*self._before, *self._lines()]
        self._before.clear()
        if self._is_replaced():
            self._file.close()
            self._file = self._open()
            lines += [*self._flush(), *self._lines()]
        return lines

    def end(self) -> list[str]:
        """As :meth:`lines`, with the line that has no end yet."""
        return self.lines() + self._flush()

    def _open(self) -> IO[bytes]:
        return self._log.open("rb")

    def _lines(self) -> Iterator[str]:
        if os.fstat(self._file.fileno()).st_size < self._file.tell():
            self._file.seek(0)
            self._rest = b""
        for line in self._file:
            self._rest += line
            if self._rest.endswith(b"\n"):
                yield self._rest[:-1].decode("utf-8", "replace")
                self._rest = b""

    def _flush(self) -> list[str]:
        rest, self._rest = self._rest, b""
        return [rest.decode("utf-8", "replace")] if rest else []

    def _is_replaced(self) -> bool:
        try:
            return os.stat(self._log).st_ino != os.fstat(self._file.fileno()).st_ino
        except FileNotFoundError:  # moved away, and nothing is in its place yet
            return False
