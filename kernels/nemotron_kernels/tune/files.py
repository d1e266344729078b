"""Writes what was found, so that it can be undone.

Each write leaves a numbered folder below `undo` in the target: the files that were there before, and a
receipt of what was written. Undoing takes the newest one back, unless somebody has changed a file since.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECEIPT = "receipt.json"
LARGEST_FILE_BYTES = 1 << 20


class CannotUndo(ValueError):
    """There is nothing to undo, or undoing would lose somebody's work; the message says which."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One write.

    Attributes:
        folder: where the undo lies.
        written: SHA-256 of each file that was written, by name.
        replaced: names of those that were there before.
        facts: what was measured, where and when.
    """

    folder: Path
    written: Mapping[str, str]
    replaced: tuple[str, ...]
    facts: Mapping[str, Any]


def write(folder: Path, documents: Mapping[str, Any], facts: Mapping[str, Any]) -> Receipt:
    """Writes JSON documents into a folder, each whole or not at all.

    Args:
        folder: made if it is missing.
        documents: by file name.
        facts: for the receipt.
    """
    contents = {_name(name): _text(document) for name, document in documents.items()}
    undo = folder / "undo" / f"{_newest(folder) + 1:04}"
    undo.mkdir(parents=True)
    replaced = tuple(name for name in contents if (folder / name).is_file())
    for name in replaced:
        shutil.copy2(folder / name, undo / name)
    receipt = Receipt(undo, {name: _hash(text) for name, text in contents.items()}, replaced, dict(facts))
    record = {"written": receipt.written, "replaced": list(replaced), "facts": receipt.facts}
    _put(undo / RECEIPT, _text(record))  # before the files: an interrupted write can be undone, too
    for name, text in contents.items():
        _put(folder / name, text)
    return receipt


def undo(folder: Path) -> Receipt:
    """Takes the newest write back.

    Raises:
        CannotUndo: there is none, its receipt can't be read, or a file was changed since.
    """
    number = _newest(folder)
    if not number:
        raise CannotUndo(f"nothing was written to {folder}")
    receipt = _read(folder / "undo" / f"{number:04}")
    for name, digest in receipt.written.items():
        known = {digest} | (
            {_hash((receipt.folder / name).read_bytes())} if name in receipt.replaced else set()
        )
        if (folder / name).is_file() and _hash((folder / name).read_bytes()) not in known:
            raise CannotUndo(f"{folder / name} was changed since: move it away, then undo again")
    for name in receipt.written:
        if name in receipt.replaced:
            _put(folder / name, (receipt.folder / name).read_bytes())
        else:
            (folder / name).unlink(missing_ok=True)
    shutil.rmtree(receipt.folder)
    return receipt


def _read(folder: Path) -> Receipt:
    path = folder / RECEIPT
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise ValueError("it is far too large")
        data = json.loads(path.read_bytes())
        written = {_name(name): str(digest) for name, digest in data["written"].items()}
        replaced = tuple(_name(name) for name in data["replaced"])
        missing = [name for name in replaced if name not in written or not (folder / name).is_file()]
        if missing:
            raise ValueError(f"the earlier {missing[0]} is missing")
        return Receipt(folder, written, replaced, dict(data["facts"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CannotUndo(f"{path} can't be used: {error}") from error


def _name(name: str) -> str:
    if not isinstance(name, str) or Path(name).name != name or not name.endswith(".json") or name == RECEIPT:
        raise ValueError(f"{name!r} is no plain name of a JSON file")
    return name


def _newest(folder: Path) -> int:
    """The number of the last write; 0 if there is none."""
    return max((int(one.name) for one in (folder / "undo").glob("[0-9]*") if one.name.isdecimal()), default=0)


def _text(document: Any) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _put(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
