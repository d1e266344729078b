"""On a faked Hopper card vLLM takes our experts for this model's layers, and for nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.probes import run

pytestmark = pytest.mark.engine

SCRIPT = Path(__file__).with_name("selection_probe.py")

OURS = {"this model", "two GPUs", "its tiles chosen", "FlashInfer by default"}
REASONS = {
    "four GPUs": "tensor parallelism over 4 GPUs",
    "other experts": "its sizes are not this model's: 64 experts, top 6, hidden 2688, intermediate 1856",
    "other top-k": "top 8",
    "other hidden size": "hidden 2560",
    "other intermediate size": "intermediate 1920",
    "gated": "its activation is silu",
    "other activation": "its activation is gelu_no_mul",
    "float16": "activations are torch.float16",
    "expert parallelism": "expert parallelism",
    "data parallelism": "data parallelism",
    "context parallelism": "prefill context parallelism",
    "sequence parallelism": "sequence parallelism",
    "load balancing": "expert load balancing",
    "LoRA": "LoRA",
    "bias": "experts have a bias",
    "FlashInfer by choice": "the MoE backend was chosen: flashinfer_cutlass",
    "padded": "experts are padded",
    "split batches": "batches are split to overlap them",
    "sleep mode": "sleep mode",
    "batch invariance": "results must not depend on the batch",
    "Ampere": "compute capability 8.0, not 9.0 (Hopper)",
    "Blackwell": "compute capability 10.0, not 9.0 (Hopper)",
}
DTYPES = ("bf16", "fp8")


def chosen(mode: str, folder: str = "") -> dict[str, dict[str, list[str | None]]]:
    return run(SCRIPT, mode, VLLM_TUNED_CONFIG_FOLDER=folder)


@pytest.fixture(scope="module")
def on() -> dict[str, Any]:
    return chosen("on")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Mode auto; a measurement of FP8 on one H200 is at hand, and none of bf16 nor of two cards."""
    folder = tmp_path_factory.mktemp("measured")
    tile = {"rows": 128, "columns": 128, "depth": 64, "warps": 8}
    ranges = [{"tokens": [2048, 8192], "choice": {"way": "blocks", "up": tile, "down": tile}, "gain": 1.1}]
    file = folder / "nemotron,E=128,N=1856,device_name=NVIDIA_H200,dtype=fp8_w8a8.json"
    file.write_text(json.dumps({"schema": 1, "measured": {"vllm": "0.32.0"}, "ranges": ranges}))
    return chosen("auto", str(folder))


@pytest.mark.parametrize("dtype", DTYPES)
def test_this_model_gets_our_experts_on_plain_weights(on: dict[str, Any], dtype: str) -> None:
    assert {case: on[dtype][case] for case in OURS} == {
        case: [None, "NemotronExperts", "TRITON"] for case in OURS
    }


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_other_layer_stays_vllms_and_says_why(on: dict[str, Any], dtype: str) -> None:
    others = {case: answer for case, answer in on[dtype].items() if case not in OURS}
    assert set(others) == set(REASONS)
    assert [case for case, (why, _, _) in others.items() if REASONS[case] not in why] == []
    flashinfer = others.pop("FlashInfer by choice")
    assert flashinfer[1:] in (["FlashInfer", "FlashInfer CUTLASS"], ["FlashInfer", "FLASHINFER_CUTLASS"])
    assert {tuple(answer[1:]) for answer in others.values()} == {("TritonExperts", "TRITON")}


def test_auto_replaces_what_was_measured_and_leaves_the_rest(measured: dict[str, Any]) -> None:
    """A layer that is ours but was not measured keeps whatever backend vLLM chose for it."""
    assert measured["fp8"]["this model"] == [None, "NemotronExperts", "TRITON"]
    assert measured["fp8"]["FlashInfer by default"] == [None, "NemotronExperts", "TRITON"]
    assert measured["fp8"]["two GPUs"] == [None, "TritonExperts", "TRITON"]
    assert measured["bf16"]["this model"] == [None, "TritonExperts", "TRITON"]
    assert measured["bf16"]["FlashInfer by default"] == [None, "FlashInfer", "FlashInfer CUTLASS"]
