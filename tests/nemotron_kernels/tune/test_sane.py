"""Dummy weights of servers, made sane by the plugin."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

from nemotron_kernels import vllm_plugin
from nemotron_kernels.contract import VllmMismatch
from nemotron_kernels.tune import sane

DUMMY = 1e-3


class Layer(torch.nn.Module):
    """A parameter of a name."""

    def __init__(self, **parameters: torch.Tensor) -> None:
        super().__init__()
        for name, tensor in parameters.items():
            self.register_parameter(name, torch.nn.Parameter(tensor, requires_grad=False))


def model(*, router: bool = True) -> torch.nn.Module:
    parts: dict[str, torch.nn.Module] = {
        "norm": Layer(weight=torch.zeros(64)),
        "experts": Layer(
            w13_weight=torch.zeros(4, 32, 64, dtype=torch.float8_e4m3fn),
            w13_weight_scale=torch.zeros(4),
            w13_input_scale=torch.zeros(4),
        ),
        "out": Layer(weight=torch.zeros(8, 64)),
    }
    if router:
        parts["gate"] = Layer(weight=torch.zeros(64, 64), e_score_correction_bias=torch.zeros(64))
    return torch.nn.ModuleDict(parts)


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> Any:
    """vLLM's loader of dummy weights, of which only what we lean on is there."""

    class DummyModelLoader:
        def load_weights(self, model: Any, model_config: Any) -> None:
            for weights in model.parameters():
                weights.data.fill_(DUMMY)

    vllm, module = ModuleType("vllm"), ModuleType("vllm.model_executor.model_loader.dummy_loader")
    vllm.__version__ = "0.32.0"  # type: ignore[attr-defined]
    module.DummyModelLoader = DummyModelLoader  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    for name in ("vllm.model_executor", "vllm.model_executor.model_loader"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return DummyModelLoader


def test_a_router_chooses_and_fp8_fills_its_range(loader: Any) -> None:
    sane.install()
    made = model()
    loader().load_weights(made, None)
    logits = torch.randn(256, 64) @ made["gate"].weight.T
    assert 0.8 < float(logits.std()) < 1.2
    assert len(logits.topk(6).indices.unique()) > 32
    assert not made["gate"].e_score_correction_bias.any()
    experts = made["experts"].w13_weight.float()
    assert 0.9 < float(experts.std()) < 1.1
    assert not torch.equal(experts[0], experts[1])
    assert bool((made["experts"].w13_weight_scale == made["experts"].w13_input_scale).all())
    assert (
        0.5
        < float((torch.randn(64, 2688) @ torch.randn(2688, 8)).std() * made["experts"].w13_weight_scale[0])
        < 2
    )
    assert bool((made["out"].weight == DUMMY).all())


def test_it_is_put_in_once(loader: Any) -> None:
    sane.install()
    once = loader.load_weights
    sane.install()
    assert loader.load_weights is once


def test_a_model_without_a_router_is_not_loaded(loader: Any) -> None:
    sane.install()
    with pytest.raises(RuntimeError, match=r"no e_score_correction_bias and no gate\.weight: .* unreal"):
        loader().load_weights(model(router=False), None)


def test_another_vllm_is_refused(loader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "load_weights", lambda self, model: None)
    with pytest.raises(VllmMismatch, match="load_weights takes"):
        sane.install()


@pytest.mark.parametrize(("value", "installed"), [("1", True), ("0", False), ("", False), (None, False)])
def test_the_plugin_does_it_where_it_is_asked_for(
    loader: Any, monkeypatch: pytest.MonkeyPatch, value: str | None, installed: bool
) -> None:
    platforms = ModuleType("vllm.platforms")
    platforms.current_platform = SimpleNamespace(  # type: ignore[attr-defined]
        is_cpu=lambda: False, is_cuda=lambda: True
    )
    monkeypatch.setitem(sys.modules, "vllm.platforms", platforms)
    monkeypatch.delenv("NEMOTRON_KERNELS", raising=False)
    monkeypatch.delenv(sane.VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(sane.VARIABLE, value)
    vllm_plugin.register()
    assert hasattr(loader.load_weights, "is_sane") is installed


def test_a_word_that_is_neither_yes_nor_no_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="0 or 1, not 'yes'"):
        sane.is_wanted({sane.VARIABLE: "yes"})
