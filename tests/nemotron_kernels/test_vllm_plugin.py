from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from types import ModuleType, SimpleNamespace

import pytest

from nemotron_kernels import vllm_plugin
from nemotron_kernels.contract import VllmMismatch
from nemotron_kernels.cpu import contract, install

Run = Callable[[str], None]


@pytest.fixture
def run_on(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Lets vLLM believe that it runs on `cpu`, `cuda` or something else; nothing is switched on."""

    def run_on(platform: str) -> None:
        package, platforms = ModuleType("vllm"), ModuleType("vllm.platforms")
        package.__version__ = "0.33.0"  # type: ignore[attr-defined]
        platforms.current_platform = SimpleNamespace(  # type: ignore[attr-defined]
            is_cpu=lambda: platform == "cpu", is_cuda=lambda: platform == "cuda"
        )
        monkeypatch.setitem(sys.modules, "vllm", package)
        monkeypatch.setitem(sys.modules, "vllm.platforms", platforms)
        for name in ("NEMOTRON_KERNELS", "TRITON_INTERPRET"):
            monkeypatch.delenv(name, raising=False)

    return run_on


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be installed, in order."""
    calls: list[str] = []
    for name in ("cpu", "plugin"):
        module = ModuleType(f"nemotron_kernels.{name}.install")
        module.install = lambda *mode, name=name: calls.append(" ".join((name, *mode)))  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return calls


def test_vllm_finds_the_plugin() -> None:
    (plugin,) = entry_points(group="vllm.general_plugins", name="nemotron_kernels")
    assert plugin.load() is vllm_plugin.register


@pytest.mark.parametrize(("platform", "mode"), [("cuda", None), ("cuda", "off"), ("xpu", "on")])
def test_off_or_no_card_no_effect(
    run_on: Run, monkeypatch: pytest.MonkeyPatch, platform: str, mode: str | None
) -> None:
    """Not even the version matters then: a stock vLLM of any release goes on as it was."""
    run_on(platform)
    if mode:
        monkeypatch.setenv("NEMOTRON_KERNELS", mode)
    for name in [
        name for name in sys.modules if name.startswith(("nemotron_kernels.cpu", "nemotron_kernels.gpu"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    before = set(sys.modules)
    vllm_plugin.register()
    assert set(sys.modules) - before == set()


@pytest.mark.parametrize(
    ("platform", "mode", "interpret", "expected"),
    [
        ("cuda", "auto", None, ["plugin auto"]),
        ("cuda", "on", None, ["plugin on"]),
        ("cpu", "off", None, ["cpu"]),
        ("cpu", "auto", None, ["cpu"]),
        ("cpu", "on", None, ["cpu"]),
        ("cpu", "on", "0", ["cpu"]),
        ("cpu", "auto", "1", ["cpu"]),
        ("cpu", "on", "1", ["cpu", "plugin on"]),
    ],
)
def test_what_is_installed_where(
    run_on: Run,
    installed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    mode: str,
    interpret: str | None,
    expected: list[str],
) -> None:
    run_on(platform)
    monkeypatch.setenv("NEMOTRON_KERNELS", mode)
    if interpret:
        monkeypatch.setenv("TRITON_INTERPRET", interpret)
    vllm_plugin.register()
    assert installed == expected


@pytest.mark.parametrize("platform", ["cpu", "cuda"])
def test_a_typo_stops_the_start(
    run_on: Run, installed: list[str], monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    run_on(platform)
    monkeypatch.setenv("NEMOTRON_KERNELS", "yes")
    with pytest.raises(ValueError, match="off, auto, on"):
        vllm_plugin.register()
    assert installed == []


def test_wrong_vllm_stops_the_start_each_time(run_on: Run) -> None:
    run_on("cpu")
    for _ in range(2):
        with pytest.raises(VllmMismatch):
            vllm_plugin.register()


def test_patches_once_however_often_it_is_called(run_on: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run_on("cpu")
    calls: list[str] = []
    monkeypatch.setattr(contract, "check", lambda: calls.append("check"))
    patches = [
        "allow_non_gated_experts",
        "offer_relu2_experts",
        "return_chunk_states",
        "replace_checkpoint_kernel",
        "let_seeds_begin_again",
    ]
    for patch in patches:
        monkeypatch.setattr(install, patch, lambda patch=patch: calls.append(patch))
    install.install.cache_clear()
    vllm_plugin.register()
    vllm_plugin.register()
    install.install.cache_clear()
    assert calls == ["check", *patches]


def test_importing_needs_neither_vllm_nor_torch() -> None:
    script = "import sys; sys.modules |= {'vllm': None, 'torch': None}; import nemotron_kernels.vllm_plugin"
    subprocess.run([sys.executable, "-c", script], check=True)
