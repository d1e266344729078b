"""The checks at start-up, against a stand-in for vLLM whose functions have the right names and no bodies."""

from __future__ import annotations

import linecache
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from nemotron_kernels.contract import VllmMismatch
from nemotron_kernels.cpu import contract

ENDS_IN_GUARD = """
def __post_init__(self):
    self.rounded = True
    if not self.gated:
        raise NotImplementedError("gated only")
"""
GOES_ON_AFTER_GUARD = ENDS_IN_GUARD + "    self.late = True\n"


def define(source: str, name: str) -> Any:
    """The function `name` of `source`, with its source at hand for `inspect`."""
    file = f"<stand-in {hash(source)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope: dict[str, Any] = {}
    exec(compile(source, file, "exec"), scope)
    return scope[name]


def function(parameters: str) -> Any:
    return define(f"def f({', '.join(parameters.split())}): ...", "f")


def put(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    module, _, path = name.partition(":")
    if module not in sys.modules or sys.modules[module].__spec__ is not None:
        monkeypatch.setitem(sys.modules, module, ModuleType(module))
    holder: Any = sys.modules[module]
    *owners, last = path.split(".")
    for owner in owners:
        if not hasattr(holder, owner):
            setattr(holder, owner, SimpleNamespace())
        holder = getattr(holder, owner)
    setattr(holder, last, value)


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A vLLM that is as the contract says."""
    package = ModuleType("vllm")
    package.__version__ = "0.32.0"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", package)
    for name, parameters in contract.SIGNATURES.items():
        put(monkeypatch, name, function(parameters))
    put(monkeypatch, contract.GUARD, define(ENDS_IN_GUARD, "__post_init__"))
    return monkeypatch


@pytest.mark.parametrize("version", ["0.32.0", "0.32.1", "0.32.0+cpu"])
def test_the_right_vllm_passes(vllm: pytest.MonkeyPatch, version: str) -> None:
    vllm.setattr(sys.modules["vllm"], "__version__", version)
    contract.check()


@pytest.mark.parametrize("version", ["0.31.9", "0.33.0", "0.320.0", "dev"])
def test_another_version_is_refused(vllm: pytest.MonkeyPatch, version: str) -> None:
    vllm.setattr(sys.modules["vllm"], "__version__", version)
    with pytest.raises(VllmMismatch, match=rf"this is vLLM {version}\.$"):
        contract.check()


@pytest.mark.parametrize("name", contract.SIGNATURES)
def test_a_changed_signature_is_named(vllm: pytest.MonkeyPatch, name: str) -> None:
    put(vllm, name, function(contract.SIGNATURES[name] + " added"))
    with pytest.raises(VllmMismatch) as caught:
        contract.check()
    assert name in str(caught.value)
    assert "added" in str(caught.value)


@pytest.mark.parametrize("name", [contract.BACKENDS, contract.CHECKPOINT])
def test_a_missing_function_is_named(vllm: pytest.MonkeyPatch, name: str) -> None:
    module, _, path = name.partition(":")
    vllm.delattr(sys.modules[module], path)
    with pytest.raises(VllmMismatch, match=f"{name} is missing"):
        contract.check()


def test_a_missing_module_is_named(vllm: pytest.MonkeyPatch) -> None:
    vllm.setitem(sys.modules, contract.REGISTER_KERNELS.partition(":")[0], None)  # type: ignore[arg-type]
    with pytest.raises(VllmMismatch, match="register_kernels is missing"):
        contract.check()


def test_a_guard_that_is_not_last_is_refused(vllm: pytest.MonkeyPatch) -> None:
    put(vllm, contract.GUARD, define(GOES_ON_AFTER_GUARD, "__post_init__"))
    with pytest.raises(VllmMismatch, match="does not end in the check for gated experts"):
        contract.check()
