"""What was pulled and found right, written down beside it in the cache: no start has to read it all again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nemotron_runtime.weights import cache

NAME = "nemotron-receipt.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that was right.

    Attributes:
        mtime_ns: When its content changed last, as the disk has it; None once it was found damaged.
    """

    name: str
    bytes: int
    sha256: str
    mtime_ns: int | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The state of a repository that is served from this cache: the one that was pulled last.

    Attributes:
        revision: What was asked for.
        commit: What that was then.
    """

    repo: str
    revision: str
    commit: str
    licence: str
    files: tuple[Entry, ...]

    @property
    def folder(self) -> Path:
        """What the model is loaded from."""
        return cache.snapshot_folder(self.repo, self.commit)

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(entry.bytes for entry in self.files)

    def changed(self) -> tuple[str, ...]:
        """Files that are gone, or no longer those that were right; by size and time, not by content."""
        return tuple(entry.name for entry in self.files if not same(self.folder / entry.name, entry))

    def marked(self, damaged: set[str]) -> Receipt:
        """With the times of now, and none for damaged files."""
        files = (
            replace(entry, mtime_ns=None if entry.name in damaged else mtime_ns(self.folder / entry.name))
            for entry in self.files
        )
        return replace(self, files=tuple(files))

    def write(self) -> None:
        """Takes the place of the one before, at once."""
        document = {"format": _FORMAT, **asdict(self)}
        cache.write_atomically(cache.storage(self.repo) / NAME, json.dumps(document, indent=2) + "\n")


def same(path: Path, entry: Entry) -> bool:
    """Whether a file is still as it was when it was right."""
    try:
        found = path.stat()
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (entry.bytes, entry.mtime_ns)


def mtime_ns(path: Path) -> int:
    """When the content changed last."""
    return path.stat().st_mtime_ns


def load(repo: str) -> Receipt | None:
    """The receipt of a repository; None where there is none that can be read."""
    return _read(cache.storage(repo) / NAME)


def load_all() -> tuple[Receipt, ...]:
    """Every receipt in the cache."""
    found = (_read(path) for path in sorted(cache.root().glob(f"models--*/{NAME}")))
    return tuple(receipt for receipt in found if receipt)


def _read(path: Path) -> Receipt | None:
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        if document.pop("format") != _FORMAT:
            return None
        files = tuple(_entry(**entry) for entry in document.pop("files"))
        return Receipt(files=files, **{key: str(value) for key, value in document.items()})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _entry(name: str, bytes: int, sha256: str, mtime_ns: int | None) -> Entry:
    if Path(name).name != name or type(bytes) is not int:
        raise ValueError(f"{name!r} of {bytes!r} bytes is no entry")
    return Entry(name, bytes, sha256, mtime_ns)
