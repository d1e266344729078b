"""A disk that fills while a pull is at work: a small real filesystem."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemotron_runtime.errors import DiskFull, WeightsMissing
from nemotron_runtime.weights.hub import snapshot
from nemotron_runtime.weights.pull import Order, order
from nemotron_runtime.weights.pull import pull as asking
from support.hub import Hub
from support.pulls import REPO, VARIANT, contents, pull
from support.tiny_model import CONFIG, tiny_model

MODEL = tiny_model(config=CONFIG | {"vocab_size": 8192})
DISK_BYTES = 2 << 20


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no filesystem can be mounted here")
    try:
        yield disk / "hub"
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_it_ends_in_an_error_and_goes_on_once_there_is_room(hub: Hub, cache: Path) -> None:
    hub.put(REPO, MODEL)
    filler = cache.parent / "filler"

    def fill(order: Order) -> None:
        order.check_room()
        filler.write_bytes(bytes(DISK_BYTES - order.fetch_bytes // 2))

    with pytest.raises(DiskFull, match=r"the disk is full before .* is whole: free some room"):
        asking(REPO, agree=fill)
    with pytest.raises(WeightsMissing, match="has not been downloaded"):
        snapshot(VARIANT)
    with pytest.raises(DiskFull, match=r"needs .* GB more at .*, and .* GB are free"):
        pull()
    filler.unlink()
    assert order(REPO).fetch_bytes < sum(map(len, MODEL.values()))
    assert contents(pull()) == MODEL


def test_what_was_whole_before_is_still_served(hub: Hub, cache: Path) -> None:
    hub.put(REPO, tiny_model())
    folder = pull()
    hub.put(REPO, MODEL)
    filler = cache.parent / "filler"
    with pytest.raises(DiskFull):
        asking(REPO, agree=lambda order: _write(filler, DISK_BYTES - order.fetch_bytes))
    assert snapshot(VARIANT) == folder
    assert contents(folder) == tiny_model()


def _write(path: Path, size: int) -> None:
    path.write_bytes(bytes(size))
