"""After loading: what was replaced is proved, what may be taken over is taken over, and `on` means it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.probes import run

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run(Path(__file__).with_name("loaded_probe.py"), str(tmp_path_factory.mktemp("loaded")))


def test_all_layers_replaced(seen: dict[str, Any]) -> None:
    state = seen["states"]["all"]
    assert state["error"] == ""
    assert (state["report"]["replaced"], state["report"]["layers"]) == (2, 2)
    assert state["report"]["why"] == "the plan"
    assert state["report"]["notes"] == ["settled"]


def test_a_layer_less_is_an_error_in_on_and_words_in_auto(seen: dict[str, Any]) -> None:
    some, auto = seen["states"]["some"], seen["states"]["some in auto"]
    reasons = "the plan; LoRA (1 layer); weights of StockMethod (1 layer)"
    assert some["error"].startswith(
        "NEMOTRON_KERNELS=on, but only 1 of 3 MoE layers were replaced: " + reasons
    )
    assert "auto" in some["error"]
    assert auto["error"] == ""
    assert auto["report"] == some["report"] | {"mode": "auto"}
    assert auto["report"]["why"] == reasons


def test_none_is_said_with_the_reason(seen: dict[str, Any]) -> None:
    assert "0 of 2 MoE layers were replaced: LoRA (2 layers)" in seen["states"]["none"]["error"]
    assert seen["states"]["none"]["report"]["ranges"] == []
    assert seen["states"]["not measured"]["error"] == ""
    assert seen["states"]["not measured"]["report"]["why"] == "the plan (1 layer)"


def test_what_stock_means_is_said_where_vllm_would_take_other_experts(seen: dict[str, Any]) -> None:
    note = "stock is vLLM's Triton experts here; without us it would be FLASHINFER_CUTLASS"
    assert seen["states"]["FlashInfer"]["report"]["notes"] == ["settled", note]


def test_a_model_without_such_layers_is_none_of_our_business(seen: dict[str, Any]) -> None:
    assert seen["states"]["no layers"] == {"error": "", "report": None}


def test_routing_is_ours_only_where_it_is_the_same(seen: dict[str, Any]) -> None:
    obstacles = seen["routing"]
    assert obstacles.pop("as it is") is None
    assert obstacles == {
        "captured": "routed experts are captured",
        "simulated": "routes by RoutingSimulatorRouter",
        "softmax": "routes by other scores",
        "as they are": "routes by other scores",
        "groups": "routes by groups of experts",
        "scaled": "weights are scaled by the router",
        "own function": "has a routing function of its own",
        "no bias": "has no score correction bias",
        "hashes": "routes by token, too",
        "images": "routes by token, too",
    }


def test_the_shared_expert_is_folded_only_where_it_is_this_models(seen: dict[str, Any]) -> None:
    obstacles = seen["shared"]
    assert obstacles.pop("as it is") is None
    assert obstacles == {
        "none": "there is no shared expert",
        "another": "the shared expert is not this model's",
        "float32": "the shared expert has another number format",
        "wider": "the shared expert has other sizes",
        "bias": "the shared expert has a bias",
        "latent": "experts work on a transformed input",
    }


def test_another_vllm_is_left_alone_in_auto_and_refused_in_on(seen: dict[str, Any]) -> None:
    other = seen["another vLLM"]
    assert other["refusal"] == "nemotron_kernels needs vLLM 0.33.x, but this is vLLM 0.32.0."
    assert not other["replaced"]
    assert (other["report"]["mode"], other["report"]["replaced"]) == ("auto", 0)
    assert other["report"]["why"] == other["refusal"]
