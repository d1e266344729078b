from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nemotron_runtime.bundle.install import Places, install
from nemotron_runtime.bundle.manifest import read
from nemotron_runtime.bundle.pack import pack
from nemotron_runtime.errors import BundleCorrupt, ConfigError, DiskFull
from nemotron_runtime.models.spec import Variant
from nemotron_runtime.weights import hub, receipt, verify
from nemotron_runtime.weights.embedded import CHECKPOINT
from nemotron_runtime.weights.progress import Progress
from support.bundles import PART_BYTES, REPO, contents, flip, pulled, reseal
from support.wheel import tiny_wheel


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_becomes_an_environment_weights_and_caches(
    packed: Path, cache: Path, tmp_path: Path
) -> None:
    places = Places(tmp_path / "venv", tmp_path / "caches")
    install(packed, places)
    python = tmp_path / "venv/bin/python"
    code = "import tiny_app, tiny_engine; print(tiny_app.version, tiny_engine.version)"
    assert subprocess.run([python, "-Ic", code], capture_output=True, text=True).stdout == "1.0 2.0\n"
    (one,) = verify.receipts(REPO)
    verify.verify(one)
    folder = hub.snapshot(Variant("bf16", REPO, "main", "bf16"))
    model = folder / "model.safetensors"
    assert model.read_bytes() == (CHECKPOINT / "model.safetensors").read_bytes()
    assert files(tmp_path / "caches") == {"triton/abc/kernel.cubin"}
    assert not list(tmp_path.rglob("*.installing"))

    before = model.stat().st_mtime_ns
    install(packed, places)
    assert model.stat().st_mtime_ns == before


def test_weights_and_caches_are_of_no_need(packed: Path, cache: Path, tmp_path: Path) -> None:
    install(packed, Places())
    assert receipt.load(REPO)
    assert not (tmp_path / "caches").exists()


def test_a_newer_bundle_goes_into_the_same_environment(
    packed: Path, cache: Path, tmp_path: Path, wheels: Path
) -> None:
    install(packed, Places(tmp_path / "venv"))
    newer = shutil.copytree(wheels, tmp_path / "newer")
    (newer / "tiny_engine-2.0-py3-none-any.whl").unlink()
    (newer / "tiny_app-1.0-py3-none-any.whl").unlink()
    tiny_wheel(newer, "tiny-app", requires=['tiny-engine==3.0; extra == "cuda"'])
    tiny_wheel(newer, "tiny-engine", "3.0")
    pack(contents(newer, None), tmp_path / "second", PART_BYTES)
    install(tmp_path / "second", Places(tmp_path / "venv"))
    code = "import tiny_engine; print(tiny_engine.version)"
    done = subprocess.run([tmp_path / "venv/bin/python", "-Ic", code], capture_output=True, text=True)
    assert done.stdout == "3.0\n"


WHEEL = "wheels/tiny_app-1.0-py3-none-any.whl"


@pytest.mark.parametrize("name", ["bundle.tar.000", "bundle.tar.003", WHEEL, "requirements.txt"])
def test_a_flipped_bit_is_found_before_anything_is_written(
    bundle: Path, cache: Path, tmp_path: Path, name: str
) -> None:
    flip(bundle / name)
    with pytest.raises(BundleCorrupt, match=f"{Path(name).name} is damaged"):
        install(bundle, Places(tmp_path / "venv", tmp_path / "caches"))
    assert not any((tmp_path / place).exists() for place in ("hub", "venv", "caches"))


def test_every_damaged_part_is_named(bundle: Path, cache: Path) -> None:
    for name in ("bundle.tar.001", "bundle.tar.002"):
        flip(bundle / name)
    with pytest.raises(BundleCorrupt, match=r"bundle\.tar\.001 is damaged.*bundle\.tar\.002 is damaged"):
        install(bundle, Places())


@pytest.mark.parametrize("name", ["bundle.tar.001", WHEEL])
def test_a_missing_file_is_named(bundle: Path, cache: Path, name: str) -> None:
    (bundle / name).unlink()
    with pytest.raises(BundleCorrupt, match=f"{Path(name).name} is missing"):
        install(bundle, Places())


def test_a_part_cut_short_is_named(bundle: Path, cache: Path) -> None:
    os.truncate(bundle / "bundle.tar.001", 17)
    with pytest.raises(BundleCorrupt, match=r"bundle\.tar\.001 has 17 bytes instead of 3000000"):
        install(bundle, Places())


def test_a_link_is_no_part(bundle: Path, cache: Path) -> None:
    (bundle / "bundle.tar.001").rename(bundle / "elsewhere")
    (bundle / "bundle.tar.001").symlink_to("elsewhere")
    with pytest.raises(BundleCorrupt, match="no plain file"):
        install(bundle, Places())


def test_a_part_of_another_bundle_is_named(bundle: Path, cache: Path) -> None:
    shutil.copy(bundle / "bundle.tar.000", bundle / "bundle.tar.001")
    with pytest.raises(BundleCorrupt, match=r"bundle\.tar\.001 is damaged, or another bundle's"):
        install(bundle, Places())


def test_another_python_is_refused(bundle: Path, cache: Path, tmp_path: Path) -> None:
    reseal(bundle, target={"python": "3.99", "machine": "x86_64", "card": None})
    with pytest.raises(ConfigError, match=r"for Python 3\.99, x86_64, any card"):
        install(bundle, Places(tmp_path / "venv"))
    assert install(bundle, Places())


def test_killed_it_leaves_no_half_model_and_can_be_run_again(
    packed: Path, cache: Path, tmp_path: Path
) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from nemotron_runtime.bundle.install import Places, install\n"
        "def tell(progress):\n"
        "    if progress.phase == 'unpack' and progress.done_bytes > 8_000_000:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "install(Path(sys.argv[1]), Places(), tell)\n"
    )
    environ = {**os.environ, "HF_HUB_CACHE": str(cache)}
    done = subprocess.run([sys.executable, "-P", "-c", code, packed], env=environ)
    assert done.returncode == -signal.SIGKILL
    assert list(cache.rglob("*.installing"))
    assert receipt.load(REPO) is None
    install(packed, Places())
    verify.verify(verify.receipts(REPO)[0])
    assert not list(cache.rglob("*.installing"))


def test_room_is_asked_for_before_anything_is_written(
    packed: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = read(packed).weights
    assert weights
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": weights.bytes}))
    with pytest.raises(DiskFull, match="are needed here"):
        install(packed, Places(tmp_path / "venv", tmp_path / "caches"))
    assert not cache.exists()


def test_a_disk_that_fills_up_is_told(
    packed: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(small_disk / "hub"))
    ballast = small_disk / "ballast"

    def fill(progress: Progress) -> None:
        if progress.phase == "unpack" and not ballast.exists():
            ballast.write_bytes(b"x" * 12_000_000)

    with pytest.raises(DiskFull, match="the disk is full"):
        install(packed, Places(), fill)
    assert receipt.load(REPO) is None
    ballast.unlink()
    install(packed, Places())
    verify.verify(verify.receipts(REPO)[0])


def test_another_state_of_the_model_is_replaced(packed: Path, cache: Path) -> None:
    old = pulled()
    (old.folder / "config.json").unlink()
    install(packed, Places())
    verify.verify(verify.receipts(REPO)[0])


def test_a_receipt_tells_what_was_asked_for(packed: Path, cache: Path) -> None:
    install(packed, Places())
    found, weights = receipt.load(REPO), read(packed).weights
    assert found
    assert weights
    assert (found.revision, found.commit, found.licence) == ("main", weights.commit, "apache-2.0")
