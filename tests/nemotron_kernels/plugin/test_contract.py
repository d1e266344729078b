"""The plugin's list of vLLM's private names, against a stand-in. The real one passes in `test_selection`."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from nemotron_kernels.contract import VllmMismatch
from nemotron_kernels.plugin import contract
from support.stand_in_vllm import define, function, put, stand_in

QUANTISES = "def apply({}):\n    if self.expects_unquantized_inputs: ...\n"
APPLY = f"{contract.TRITON}.apply"


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    stand_in(monkeypatch, contract.SIGNATURES)
    parameters = ", ".join(contract.SIGNATURES[APPLY].split())
    put(monkeypatch, APPLY, define(QUANTISES.format(parameters), "apply"))
    put(monkeypatch, contract.REPLACED, {})
    for name, class_name in (
        (contract.METHOD, "UnquantizedFusedMoEMethod"),
        (contract.FP8_METHOD, "ModelOptFp8MoEMethod"),
    ):
        module, _, path = name.partition(":")
        getattr(sys.modules[module], path).__name__ = class_name
    module, _, path = contract.FP8_METHOD.partition(":")
    put(monkeypatch, contract.FP8_CONFIG, getattr(sys.modules[module], path))
    return monkeypatch


def test_the_right_vllm_passes(vllm: pytest.MonkeyPatch) -> None:
    contract.check()


@pytest.mark.parametrize("name", contract.SIGNATURES)
def test_a_changed_signature_is_named(vllm: pytest.MonkeyPatch, name: str) -> None:
    put(vllm, name, function(contract.SIGNATURES[name] + " added"))
    with pytest.raises(VllmMismatch) as caught:
        contract.check()
    assert name in str(caught.value)


def test_experts_that_never_quantise_are_refused(vllm: pytest.MonkeyPatch) -> None:
    put(vllm, APPLY, function(contract.SIGNATURES[APPLY]))
    with pytest.raises(VllmMismatch, match="does not quantise inputs"):
        contract.check()


def test_another_plugin_that_was_before_us_is_respected(vllm: pytest.MonkeyPatch) -> None:
    put(vllm, contract.REPLACED, {"UnquantizedFusedMoEMethod": object})
    with pytest.raises(VllmMismatch, match="another plugin has replaced UnquantizedFusedMoEMethod"):
        contract.check()
    put(vllm, contract.REPLACED, {})
    put(vllm, contract.FP8_CONFIG, SimpleNamespace)
    with pytest.raises(VllmMismatch, match="another plugin has replaced ModelOptFp8MoEMethod"):
        contract.check()
