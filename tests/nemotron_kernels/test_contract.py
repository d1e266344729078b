"""The checks at start-up, against a stand-in for vLLM whose functions have the right names and no bodies."""

from __future__ import annotations

import sys

import pytest

from nemotron_kernels.contract import VllmMismatch
from nemotron_kernels.cpu import contract
from support.stand_in_vllm import define, function, put, stand_in

ENDS_IN_GUARD = """
def __post_init__(self):
    self.rounded = True
    if not self.gated:
        raise NotImplementedError("gated only")
"""
GOES_ON_AFTER_GUARD = ENDS_IN_GUARD + "    self.late = True\n"


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A vLLM that is as the contract says."""
    stand_in(monkeypatch, contract.SIGNATURES)
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
