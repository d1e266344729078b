"""The folders that are written to, the disks they are on."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nemotron_runtime.background import logfile, servers
from nemotron_runtime.doctor.facts import Folder

MOUNTS = Path("/proc/self/mounts")
_IN_MEMORY = ("tmpfs", "ramfs")


def folders(environ: Mapping[str, str]) -> tuple[Folder, ...]:
    """Weights, caches, logs, run files and scratch."""
    from huggingface_hub import constants

    home = Path(environ.get("HOME") or Path.home())
    cache = Path(environ.get("XDG_CACHE_HOME") or home / ".cache")
    vllm = Path(environ.get("VLLM_CACHE_ROOT") or cache / "vllm")
    triton = Path(environ.get("TRITON_CACHE_DIR") or home / ".triton")
    flashinfer = Path(environ.get("FLASHINFER_WORKSPACE_BASE") or home) / ".cache/flashinfer"
    return (
        folder("weights", Path(constants.HF_HUB_CACHE), "HF_HOME"),
        folder("vLLM's graphs", vllm, "VLLM_CACHE_ROOT"),
        folder("Triton's kernels", triton, "TRITON_CACHE_DIR"),
        folder("FlashInfer's kernels", flashinfer, "FLASHINFER_WORKSPACE_BASE"),
        folder("run files", servers.folder(), "XDG_STATE_HOME", lasts=False),
        folder("logs", logfile.folder(), "XDG_STATE_HOME", lasts=False),
        folder("scratch", Path(tempfile.gettempdir()), "TMPDIR", lasts=False),
    )


def folder(purpose: str, path: Path, variable: str, *, lasts: bool = True) -> Folder:
    """One of them; where it isn't there yet, the folder that it would be made in tells."""
    path = path.expanduser()
    there = _existing(path)
    return Folder(
        purpose=purpose,
        path=path,
        variable=variable,
        lasts=lasts,
        is_writable=there.is_dir() and os.access(there, os.W_OK | os.X_OK),
        free_bytes=shutil.disk_usage(there).free,
        in_memory=file_system(there) in _IN_MEMORY,
    )


def file_system(path: Path, mounts: Path = MOUNTS) -> str | None:
    """The kind of file system that a path is on; None where the kernel doesn't tell."""
    try:
        rows = [line.split() for line in mounts.read_text().splitlines()]
    except OSError:
        return None
    kinds = {
        Path(row[1].replace(r"\040", " ")): row[2] for row in rows
    }  # a later mount covers an earlier one
    whole = path.resolve()
    return next((kinds[parent] for parent in (whole, *whole.parents) if parent in kinds), None)


def _existing(path: Path) -> Path:
    """A folder that may not be looked into counts: it is what stands in the way."""
    for parent in (path, *path.parents):
        try:
            if parent.exists():
                return parent
        except PermissionError:
            continue
    return Path("/")
