from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from nemotron_runtime.bundle import manifest
from nemotron_runtime.bundle.manifest import read
from nemotron_runtime.bundle.pack import pack
from nemotron_runtime.errors import BundleCorrupt, ConfigError, DiskFull, WeightsCorrupt, WeightsMissing
from nemotron_runtime.weights.progress import Progress
from support.bundles import PART_BYTES, contents, flip, pulled


@pytest.fixture(autouse=True)
def no_pip(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wheels are copied: pip itself is tried where its answer matters."""

    def copy(requirement: str, folder: Path, python: str, sources: Sequence[Path]) -> None:
        for wheel in sources[0].glob("*.whl"):
            shutil.copy(wheel, folder)

    if "capfd" not in request.fixturenames:
        monkeypatch.setattr("nemotron_runtime.bundle.wheels.fetch", copy)


def test_common_tools_check_and_read_it(packed: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=packed, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
    names = {path.name for path in packed.iterdir()}
    parts = {part.name for part in read(packed).parts}
    assert names == {
        *("install.sh", "requirements.txt", "wheels", manifest.NAME, manifest.SUMS),
        *parts,
    }
    listing = subprocess.run(
        "cat bundle.tar.* | tar -t", shell=True, cwd=packed, capture_output=True, text=True
    )
    assert "weights/model.safetensors" in listing.stdout.splitlines()
    assert "caches/triton/abc/kernel.cubin" in listing.stdout.splitlines()
    assert "lock" not in listing.stdout


def test_no_part_is_larger_than_asked_for(packed: Path) -> None:
    assert {part.bytes for part in read(packed).parts[:-1]} == {PART_BYTES}
    assert read(packed).parts[-1].bytes <= PART_BYTES


@pytest.mark.usefixtures("cache")
def test_cut_off_it_is_no_bundle_and_can_be_packed_again(wheels: Path, bundle: Path) -> None:
    receipt = pulled()

    def cut(progress: Progress) -> None:
        if progress.phase == "pack" and progress.done_bytes > progress.total_bytes // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(contents(wheels, receipt), bundle, PART_BYTES, cut)
    with pytest.raises(BundleCorrupt, match="no whole bundle"):
        read(bundle)
    assert pack(contents(wheels, receipt), bundle, PART_BYTES) == read(bundle)
    assert {path.name for path in bundle.glob("bundle.tar.*")} == {part.name for part in read(bundle).parts}


@pytest.mark.usefixtures("cache")
def test_the_program_alone_needs_no_parts(wheels: Path, tmp_path: Path) -> None:
    found = pack(contents(wheels, None), tmp_path / "new/folder", PART_BYTES)
    assert (found.parts, found.weights, found.caches_bytes) == ((), None, 0)


@pytest.mark.usefixtures("cache")
def test_another_folder_is_left_alone(wheels: Path, tmp_path: Path) -> None:
    (tmp_path / "mine/wheels").mkdir(parents=True)
    with pytest.raises(ConfigError, match="no bundle"):
        pack(contents(wheels, None), tmp_path / "mine", PART_BYTES)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["wheels"]


def test_weights_that_changed_since_the_pull_are_refused(cache: Path, wheels: Path, tmp_path: Path) -> None:
    receipt = pulled()
    (receipt.folder / "config.json").unlink()
    with pytest.raises(WeightsMissing, match="nemotron verify someone/small"):
        pack(contents(wheels, receipt), tmp_path / "out", PART_BYTES)


def test_weights_that_rotted_on_the_disk_are_refused(cache: Path, wheels: Path, tmp_path: Path) -> None:
    receipt = pulled()
    blob = (receipt.folder / "model.safetensors").resolve()
    before = blob.stat()
    flip(blob)
    os.utime(blob, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(WeightsCorrupt, match=r"model\.safetensors is damaged"):
        pack(contents(wheels, receipt), tmp_path / "out", PART_BYTES)
    with pytest.raises(BundleCorrupt):
        read(tmp_path / "out")


@pytest.mark.usefixtures("cache")
def test_what_pip_can_not_find_is_told(
    tmp_path: Path, wheels: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="--wheels names a folder"):
        pack(contents(tmp_path / "empty", None), tmp_path / "out", PART_BYTES)
    out, err = capfd.readouterr()
    assert "tiny-app" in err
    assert out == ""


@pytest.mark.usefixtures("cache")
def test_caches_have_to_be_a_folder(wheels: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        pack(contents(wheels, None, tmp_path / "none"), tmp_path / "out", PART_BYTES)


@pytest.mark.usefixtures("cache")
def test_a_cache_that_vanishes_is_told(wheels: Path, tmp_path: Path) -> None:
    caches = tmp_path / "caches"
    caches.mkdir()
    (caches / "a").write_bytes(b"a")
    (caches / "b").write_bytes(b"b")

    def remove(progress: Progress) -> None:
        (caches / "b").unlink(missing_ok=True)

    with pytest.raises(ConfigError, match="run it again"):
        pack(contents(wheels, None, caches), tmp_path / "out", PART_BYTES, remove)


def test_room_is_asked_for_first(
    cache: Path, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 5_000_000}))
    with pytest.raises(DiskFull, match=r"0\.01 GB are needed"):
        pack(contents(wheels, pulled()), tmp_path / "out", PART_BYTES)
    assert not list((tmp_path / "out").glob("bundle.tar.*"))


def test_a_disk_that_fills_up_is_told(cache: Path, wheels: Path, small_disk: Path) -> None:
    receipt = pulled()
    with pytest.raises(DiskFull, match="the disk is full"):
        pack(contents(wheels, receipt), small_disk / "out", PART_BYTES, fill(small_disk))
    (small_disk / "ballast").unlink()
    assert pack(contents(wheels, receipt), small_disk / "out", PART_BYTES) == read(small_disk / "out")


def fill(disk: Path) -> object:
    """Takes the room that was there when it was asked for."""

    def tell(progress: Progress) -> None:
        if not (disk / "ballast").exists():
            (disk / "ballast").write_bytes(b"x" * 12_000_000)

    return tell


def test_it_holds_plain_files_alone(packed: Path, tmp_path: Path) -> None:
    joined = tmp_path / "joined.tar"
    joined.write_bytes(b"".join((packed / part.name).read_bytes() for part in read(packed).parts))
    with tarfile.open(joined) as archive:
        members = archive.getmembers()
    assert all(member.isreg() and (member.uid, member.mtime) == (0, 0) for member in members)
