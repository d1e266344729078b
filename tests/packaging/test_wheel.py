"""The wheel, built from the sdist, holds all that the program needs, and works away from the repository."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import httpx
import pytest

from support.live import live_server
from support.packaging import Installed, build_sdist, build_wheel, install

SOURCES = {
    "runtime/nemotron_runtime": "nemotron_runtime",
    "kernels/nemotron_kernels": "nemotron_kernels",
    "benchmarks/nemotron_bench": "nemotron_bench",
    "configs": "nemotron_runtime/configs",
}


@pytest.fixture(scope="module")
def wheel(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    return build_wheel(build_sdist(repo, folder), folder)


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, tmp_path_factory.mktemp("installed"))


@pytest.mark.parametrize("source", SOURCES)
def test_every_file_of_a_source_root_is_in_the_wheel(repo: Path, names: set[str], source: str) -> None:
    files = [path.relative_to(repo / source) for path in (repo / source).rglob("*") if path.is_file()]
    wanted = {f"{SOURCES[source]}/{path}" for path in files if "__pycache__" not in path.parts}
    assert wanted
    assert wanted - names == set()


def test_data_files_are_in_the_wheel(names: set[str]) -> None:
    assert "nemotron_runtime/configs/models/nemotron-3-nano-30b-a3b.toml" in names
    assert "nemotron_runtime/chat/nemotron_3_nano.jinja" in names
    assert "nemotron_runtime/weights/demo/manifest.json" in names
    assert "nemotron_runtime/weights/demo/model.safetensors" in names
    for package in ("nemotron_runtime", "nemotron_kernels", "nemotron_bench"):
        assert f"{package}/py.typed" in names


def test_wheel_installs_no_other_name(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    assert packages == {"nemotron_runtime", "nemotron_kernels", "nemotron_bench"}


def test_installed_package_is_the_wheels_own(installed: Installed) -> None:
    python = installed.folder / "bin/python"
    for package in ("nemotron_runtime", "nemotron_kernels", "nemotron_bench"):
        place = installed.run(python, "-c", f"import {package} as package; print(package.__file__)")
        assert Path(place).is_relative_to(installed.folder)


def test_installed_command_explains_itself(installed: Installed) -> None:
    assert "serve" in installed.run(installed.command, "--help")


def test_installed_weights_are_whole(installed: Installed) -> None:
    script = "from nemotron_runtime.weights.embedded import embedded_checkpoint; print(embedded_checkpoint())"
    folder = installed.run(installed.folder / "bin/python", "-c", script)
    assert Path(folder).is_relative_to(installed.folder)


def test_installed_command_finds_the_shipped_models(installed: Installed) -> None:
    listing = json.loads(installed.run(installed.command, "models", "--json"))
    assert {"nvidia/nemotron-3-nano-30b-a3b", "nemotron-runtime/embedded-demo"} <= {
        model["id"] for model in listing["models"]
    }


@pytest.mark.engine
def test_installed_command_serves(installed: Installed, tmp_path: Path) -> None:
    endless = {"2": -100, "11": -100}
    question = {
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 8,
        "logit_bias": endless,
    }
    with live_server(tmp_path, program=installed.command) as url:
        answer = httpx.post(f"{url}/api/v1/chat/completions", json=question, timeout=60)
    assert answer.status_code == 200
    assert answer.json()["usage"]["completion_tokens"] == 8
