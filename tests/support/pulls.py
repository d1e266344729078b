"""What tests of pulls say about the cache."""

from __future__ import annotations

from pathlib import Path

from nemotron_runtime.models.spec import Variant
from nemotron_runtime.weights import pull as weights
from nemotron_runtime.weights.progress import OnProgress, silent

REPO = "someone/Tiny-Nemotron"
VARIANT = Variant("bf16", REPO, None, "bf16")


def pull(variant: Variant = VARIANT, on_progress: OnProgress = silent) -> Path:
    """Pulls without a question; the folder."""
    return weights.pull(variant.repo, variant.revision, on_progress=on_progress).folder


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a snapshot, as they read."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
