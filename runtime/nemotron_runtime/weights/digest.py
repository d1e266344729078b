"""Hashes of files, as the hub and Git make them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

_CHUNK_BYTES = 1 << 20


def sha256(path: Path, on_bytes: Callable[[int], None] = lambda _: None) -> str:
    """SHA-256 in hexadecimal.

    Args:
        on_bytes: Called with the number of bytes of each part read; may raise to end it.
    """
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK_BYTES):
            hashed.update(part)
            on_bytes(len(part))
    return hashed.hexdigest()


def git_sha1(path: Path) -> str:
    """The name that Git gives a file's content, in hexadecimal."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
