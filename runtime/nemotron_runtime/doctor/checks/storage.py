"""Room on the disks, and folders that must be writable and should last."""

from __future__ import annotations

from collections.abc import Iterator

from nemotron_runtime.doctor.facts import Facts, Folder
from nemotron_runtime.doctor.finding import Finding, ok, warning, wrong

GIB = 1 << 30
LEAST_BYTES = GIB
"""Below it, logs, run files and compiled kernels may not be written whole."""
CACHES_BYTES = 10 * GIB
"""Graphs and kernels of a few versions of vLLM."""


def disk(facts: Facts) -> Iterator[Finding]:
    """Whether there is room for what is still to be written."""
    faults = [fault for folder in facts.folders if (fault := _room(folder, facts))]
    yield from faults
    if facts.folders and not faults:
        least = min(facts.folders, key=lambda folder: folder.free_bytes)
        yield ok("disk", f"{least.free_bytes / GIB:.0f} GiB are free at {least.path}, the fullest place")


def caches(facts: Facts) -> Iterator[Finding]:
    """Whether folders can be written to, and outlive a restart."""
    faults = [fault for folder in facts.folders if (fault := _use(folder, facts))]
    yield from faults
    if facts.folders and not faults:
        yield ok(
            "caches", f"can be written to; {facts.folders[0].purpose} are kept in {facts.folders[0].path}"
        )


def _room(folder: Folder, facts: Facts) -> Finding | None:
    free, missing = folder.free_bytes, facts.weights.missing_bytes
    if folder.purpose == "weights" and free < missing:
        return wrong(
            "disk",
            f"{folder.path}: {free / 1e9:.1f} GB are free, the weights take {missing / 1e9:.1f} GB",
            f"Make room, or set {folder.variable} to a folder on a larger disk.",
        )
    if free < LEAST_BYTES:
        return wrong(
            "disk",
            f"{folder.path} ({folder.purpose}): {free / 1e6:.0f} MB are free",
            f"Make room, or set {folder.variable} to a folder on another disk.",
        )
    if facts.gpus and folder.lasts and free - missing < CACHES_BYTES:
        return warning(
            "disk",
            f"{folder.path} ({folder.purpose}): {free / GIB:.1f} GiB are free",
            "Compiled graphs and kernels take some GiB for each version of vLLM: make room.",
        )
    return None


def _use(folder: Folder, facts: Facts) -> Finding | None:
    if not folder.is_writable:
        return wrong(
            "caches",
            f"{folder.path} ({folder.purpose}) can't be written to",
            f"Give it to this user, or set {folder.variable} to a folder that is.",
        )
    if facts.gpus and folder.lasts and folder.in_memory:
        return warning(
            "caches",
            f"{folder.path} ({folder.purpose}) is kept in memory and lost at a restart",
            f"Set {folder.variable} to a folder on a disk, or each start is as slow as the first.",
        )
    return None
