"""What tests of pulls say about the cache."""

from __future__ import annotations

from pathlib import Path

from nemotron_runtime.models.spec import Variant

REPO = "someone/Tiny-Nemotron"
VARIANT = Variant("bf16", REPO, None, "bf16")


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a snapshot, as they read."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
