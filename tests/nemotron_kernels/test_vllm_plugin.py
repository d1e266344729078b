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


@pytest.fixture
def run_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Lets vLLM believe that it runs on a CPU, or not."""

    def run_on(cpu: bool) -> None:
        package, platforms = ModuleType("vllm"), ModuleType("vllm.platforms")
        package.__version__ = "0.33.0"  # type: ignore[attr-defined]
        platforms.current_platform = SimpleNamespace(is_cpu=lambda: cpu)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "vllm", package)
        monkeypatch.setitem(sys.modules, "vllm.platforms", platforms)

    return run_on


def test_vllm_finds_the_plugin() -> None:
    (plugin,) = entry_points(group="vllm.general_plugins", name="nemotron_kernels")
    assert plugin.load() is vllm_plugin.register


def test_no_cpu_no_effect(run_on: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the version matters elsewhere: a stock vLLM of any release goes on as it was."""
    run_on(False)
    for name in [name for name in sys.modules if name.startswith("nemotron_kernels.cpu")]:
        monkeypatch.delitem(sys.modules, name)
    before = set(sys.modules)
    vllm_plugin.register()
    assert set(sys.modules) - before == set()


def test_wrong_vllm_stops_the_start_each_time(run_on: Callable[[bool], None]) -> None:
    run_on(True)
    for _ in range(2):
        with pytest.raises(VllmMismatch):
            vllm_plugin.register()


def test_patches_once_however_often_it_is_called(
    run_on: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_on(True)
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
