"""One long stream of bytes as files of bounded size: ``cat bundle.tar.*`` is the stream again."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from nemotron_runtime.bundle.manifest import Part


class PartWriter(io.RawIOBase):
    """Writes parts, each but the last of exactly ``part_bytes``; ``parts`` are those that are on the disk."""

    def __init__(self, folder: Path, part_bytes: int) -> None:
        self.parts: list[Part] = []
        self._folder, self._part_bytes = folder, part_bytes
        self._file: IO[bytes] | None = None
        self._digest, self._size = hashlib.sha256(), 0
        if part_bytes < 1:
            raise ValueError("a part holds at least one byte")

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Takes all of the data."""
        rest = memoryview(data)
        while rest:
            if self._file is None:
                self._file = (self._folder / self._name).open("wb")
            now, rest = rest[: self._part_bytes - self._size], rest[self._part_bytes - self._size :]
            self._file.write(now)
            self._digest.update(now)
            self._size += len(now)
            if self._size == self._part_bytes:
                self._end_part()
        return len(data)

    def close(self) -> None:
        """Ends the last part."""
        self._end_part()
        super().close()

    @property
    def _name(self) -> str:
        return f"bundle.tar.{len(self.parts):03d}"

    def _end_part(self) -> None:
        if self._file is None:
            return
        with self._file as file:
            self._file = None
            file.flush()
            os.fsync(file.fileno())
        self.parts.append(Part(name=self._name, bytes=self._size, sha256=self._digest.hexdigest()))
        self._digest, self._size = hashlib.sha256(), 0


class PartReader(io.RawIOBase):
    """Reads the stream again."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = list(paths)
        self._file: IO[bytes] | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Bytes of one part; none at the end."""
        while self._file or self._paths:
            if self._file is None:
                self._file = self._paths.pop(0).open("rb")
            if data := self._file.read(len(buffer)):
                buffer[: len(data)] = data
                return len(data)
            self._file.close()
            self._file = None
        return 0

    def close(self) -> None:
        """Closes the part that is open."""
        if self._file:
            self._file.close()
        super().close()
