"""What the system allows, from the kernel's own files."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path

from nemotron_runtime.doctor.facts import Limits

SHARED = Path("/dev/shm")  # noqa: S108
MEMORY = Path("/proc/meminfo")
GROUP = Path("/sys/fs/cgroup")


def limits() -> Limits:
    """Of this process, and of those that it starts."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Limits(
        open_files=_finite(files[0]),
        open_files_hard=_finite(files[1]),
        address_space_bytes=_finite(resource.getrlimit(resource.RLIMIT_AS)[0]),
        shared_bytes=shutil.disk_usage(SHARED).total if SHARED.is_dir() else None,
        memory_bytes=memory_bytes(),
    )


def memory_bytes(meminfo: Path = MEMORY, group: Path = GROUP) -> int | None:
    """RAM that can still be had: of the machine, or of the container where that is less."""
    left = [number for number in (_available(meminfo), _left_in(group)) if number is not None]
    return min(left, default=None)


def _available(meminfo: Path) -> int | None:
    try:
        rows = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        return int(rows["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


def _left_in(group: Path) -> int | None:
    """Cached files count as used there, and are given up where memory is wanted: they are added back."""
    try:
        most, used = int((group / "memory.max").read_text()), int((group / "memory.current").read_text())
        rows = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return most - used + int(rows["inactive_file"])
    except (OSError, KeyError, ValueError):  # no limit is the word "max"
        return None


def _finite(limit: int) -> int | None:
    return None if limit == resource.RLIM_INFINITY else limit
