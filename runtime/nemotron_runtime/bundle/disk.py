"""Room on disks, and what goes wrong there."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nemotron_runtime.errors import ConfigError, DiskFull

CHUNK_BYTES = 4 << 20


def check_room(needs: Mapping[Path, int]) -> None:
    """Compares the bytes that each folder is going to take with what its disk has.

    Raises:
        DiskFull: naming the folder and both sizes.
    """
    by_disk: dict[int, tuple[Path, int]] = {}
    for folder, size in needs.items():
        disk = _existing(folder).stat().st_dev
        first, before = by_disk.get(disk, (folder, 0))
        by_disk[disk] = (first, before + size)
    for folder, size in by_disk.values():
        if (free := shutil.disk_usage(_existing(folder)).free) < size:
            raise DiskFull(
                f"{folder}: {size / 1e9:.2f} GB are needed here and {free / 1e9:.2f} GB are free. Make room, "
                "or choose a folder on another disk."
            )


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turns the system's errors while ``folder`` is written into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"{folder}: the disk is full. Make room, then run the same command again."
            ) from error
        raise ConfigError(
            f"{error.filename or folder}: {error.strerror or error}. Mend that, then run it again."
        ) from error


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
