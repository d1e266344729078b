"""Room on disks, and files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nemotron_runtime.errors import ConfigError, DiskFull

GIB = 1 << 30
CHUNK_BYTES = 4 << 20


def free_bytes(folder: Path) -> int:
    """Room on the disk that a folder is on, or would be."""
    return shutil.disk_usage(_existing(folder)).free


def check_room(needs: dict[Path, int]) -> None:
    """Compares what each folder is going to take with what its disk has.

    Raises:
        DiskFull: naming the folder and both sizes.
    """
    by_disk: dict[int, tuple[Path, int]] = {}
    for folder, size in needs.items():
        device = _existing(folder).stat().st_dev
        first, sum_bytes = by_disk.get(device, (folder, 0))
        by_disk[device] = (first, sum_bytes + size)
    for folder, size in by_disk.values():
        if (free := free_bytes(folder)) < size:
            raise DiskFull(
                f"{folder}: {size / GIB:.2f} GiB are needed on this disk and {free / GIB:.2f} GiB are free. "
                "Make room, or choose a folder on another disk."
            )


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turns the system's errors while ``folder`` is written into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"{folder}: the disk is full. Make room and run the same command again."
            ) from error
        raise ConfigError(f"{error.filename or folder}: {error.strerror or error}") from error


def write_whole(path: Path, data: bytes) -> None:
    """Writes a small file that is there whole, or not at all."""
    fresh = path.with_name(path.name + ".tmp")
    fresh.write_bytes(data)
    settle(fresh, path)


def settle(fresh: Path, path: Path) -> None:
    """Gives a finished file its name once its bytes are on the disk."""
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(path)


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
