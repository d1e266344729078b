from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from nemotron_runtime import __version__
from nemotron_runtime.cli.install import _other_card
from nemotron_runtime.cli.output import ExitCode
from nemotron_runtime.hardware.probe import Gpu
from nemotron_runtime.weights import receipt
from support.bundles import REPO, flip, pulled, use_cache
from support.command import Run
from support.wheel import tiny_wheel


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program and an engine of the right names."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    folder = tmp_path / "dist"
    folder.mkdir()
    tiny_wheel(folder, "nemotron-runtime", __version__, ['vllm; extra == "cuda"'], script="nemotron")
    tiny_wheel(folder, "vllm")
    return folder


@pytest.fixture
def caches(tmp_path: Path) -> Path:
    (tmp_path / "cache/triton").mkdir(parents=True)
    (tmp_path / "cache/triton/kernel").write_bytes(b"kernel")
    return tmp_path / "cache"


def test_pack_here_and_install_there(
    run: Run, wheels: Path, caches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_cache(monkeypatch, tmp_path / "hub")
    pulled()
    folder = tmp_path / "bundle"
    done = run(
        *("bundle", str(folder), "--wheels", str(wheels), "--caches", str(caches), "--gpu", "H100 NVL"),
        *("--part-gb", "0.005", "--json"),
    )
    assert done.exit_code == 0, done.output
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"] for event in events} == {"progress", "done"}
    assert events[-1]["target"]["card"] == "H100 NVL"
    assert (events[-1]["repo"], events[-1]["wheels"], events[-1]["parts"]) == (REPO, 2, 3)

    use_cache(monkeypatch, tmp_path / "there")
    done = run("install", str(folder), "--caches", str(tmp_path / "kernels"))
    assert done.exit_code == 0, done.output
    assert "nemotron doctor" in done.stderr
    assert receipt.load(REPO)
    assert (tmp_path / "kernels/triton/kernel").read_bytes() == b"kernel"

    monkeypatch.setattr("nemotron_runtime.hardware.probe.gpus", lambda: (Gpu(0, "NVIDIA L4", 24 << 30),))
    done = run("install", str(folder), "--caches", str(tmp_path / "others"))
    assert done.exit_code == 0
    assert "caches are left out: they are for H100 NVL, and here is L4" in done.stderr
    assert not (tmp_path / "others").exists()

    flip(folder / "bundle.tar.001")
    done = run("install", str(folder), "--json")
    assert done.exit_code == ExitCode.SETUP
    assert "bundle.tar.001 is damaged" in json.loads(done.stdout.splitlines()[-1])["message"]


def test_its_own_script_needs_only_python(run: Run, wheels: Path, tmp_path: Path) -> None:
    folder = tmp_path / "the bundle"
    assert run("bundle", str(folder), "--weights", "none", "--wheels", str(wheels)).exit_code == 0
    command = ["sh", "the bundle/install.sh", "a venv", "--caches", "/somewhere"]
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PIP_INDEX_URL": "http://127.0.0.1:9/"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-4:] == ["install", str(folder), "--caches", "/somewhere"]

    flip(next((folder / "wheels").glob("vllm*")))
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_weights_are_named_where_it_is_not_clear_which(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_cache(monkeypatch, tmp_path / "hub")
    done = run("bundle", str(tmp_path / "bundle"))
    assert done.exit_code == ExitCode.SETUP
    assert "Pulled here: none are. Name one with --weights, or pull it first." in done.stderr
    done = run("bundle", str(tmp_path / "bundle"), "--weights", REPO)
    assert done.exit_code == ExitCode.SETUP
    assert "nemotron pull" in done.stderr
    assert not (tmp_path / "bundle").exists()


def test_what_can_not_be_is_refused(run: Run, tmp_path: Path) -> None:
    for flags, words in (
        (("--gpu", "Voodoo 2"), "is not known"),
        (("--python", "no-such-python"), "can't be run"),
    ):
        done = run("bundle", str(tmp_path / "bundle"), "--weights", "none", *flags)
        assert done.exit_code == ExitCode.SETUP
        assert words in done.stderr
    done = run("install", str(tmp_path))
    assert done.exit_code == ExitCode.SETUP
    assert "no whole bundle" in done.stderr


def test_a_card_that_is_not_known_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nemotron_runtime.hardware.probe.gpus", lambda: (Gpu(0, "Voodoo 2", 1),))
    assert _other_card("H100 NVL") == "Voodoo 2"
    assert _other_card(None) is None
