from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemotron_runtime.bundle.pack import pack
from support import bundles
from support.wheel import tiny_wheel


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An application and its engine, and no index to look for others."""
    folder = tmp_path_factory.mktemp("wheels")
    tiny_wheel(folder, "tiny-app", requires=['tiny-engine==2.0; extra == "cuda"'])
    tiny_wheel(folder, "tiny-engine", "2.0")
    return folder


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """A bundle with all kinds of things, whole. Not to be written to."""
    folder = tmp_path_factory.mktemp("packed")
    caches = folder / "caches"
    (caches / "triton/abc").mkdir(parents=True)
    (caches / "triton/abc/kernel.cubin").write_bytes(b"kernel" * 1000)
    (caches / "vllm.lock").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        bundles.use_cache(patch, folder / "hub")
        contents = bundles.contents(wheels, bundles.pulled(), caches)
        pack(contents, folder / "bundle", bundles.PART_BYTES)
    return folder / "bundle"


@pytest.fixture
def bundle(packed: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return shutil.copytree(packed, tmp_path / "bundle")


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The hub's cache of a machine that has none yet."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return bundles.use_cache(monkeypatch, tmp_path / "hub")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 20 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "none", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
