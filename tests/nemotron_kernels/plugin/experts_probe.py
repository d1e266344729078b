"""Our experts in vLLM's own kernel object, in bf16 and FP8 under Triton's interpreter; prints a line of JSON.

A script: vLLM warns in the process it lives in. PYTHONPATH must have the folder of the tests.
"""

from __future__ import annotations

import support.interpreted  # noqa: F401  (before anything imports triton)

# isort: split
import json
from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import torch
from vllm.model_executor.layers.fused_moe.activation import MoEActivation
from vllm.model_executor.layers.fused_moe.config import (
    FusedMoEConfig,
    FusedMoEParallelConfig,
    FusedMoEQuantConfig,
    RoutingMethodType,
    fp8_w8a8_moe_quant_config,
)
from vllm.model_executor.layers.fused_moe.experts.triton_moe import TritonExperts
from vllm.model_executor.layers.fused_moe.modular_kernel import FusedMoEKernel
from vllm.model_executor.layers.fused_moe.prepare_finalize.no_dp_ep import MoEPrepareAndFinalizeNoDPEPModular

from nemotron_kernels.choice import Choice, Tile
from nemotron_kernels.dispatch import Dispatch, Range
from nemotron_kernels.plugin.experts import NemotronExperts
from nemotron_kernels.reference import routed_experts
from nemotron_kernels.vllm_plugin import register
from support.moe import SMALL, draw_batch, draw_weights, relative_error

ROW = Tile(rows=1, columns=64, depth=64, stages=1, waves=0)
ROWS = Tile(rows=16, columns=64, depth=32)
WAYS = Dispatch(
    (
        Range(1, 1, Choice("vector", ROW, ROW)),
        Range(2, 4, Choice("stream", ROWS, ROWS)),
        Range(5, 5, Choice("blocks", ROWS, ROWS)),
    )
)
STEP = 1 / 16
"""What one step of an FP8 number stands for, everywhere."""


def kernel(fp8: bool) -> Any:
    moe = FusedMoEConfig(
        num_experts=SMALL.experts,
        experts_per_token=SMALL.top_k,
        hidden_dim=SMALL.hidden,
        intermediate_size=SMALL.intermediate,
        num_local_experts=SMALL.experts,
        num_logical_experts=SMALL.experts,
        activation=MoEActivation.RELU2_NO_MUL,
        device="cpu",
        routing_method=RoutingMethodType.DeepSeekV3,
        moe_parallel_config=FusedMoEParallelConfig.make_no_parallel(),
        in_dtype=torch.bfloat16,
        max_num_tokens=64,
    )
    each, one = torch.full((SMALL.experts,), STEP), torch.tensor([STEP])
    scales = {"w1_scale": each, "w2_scale": each, "a1_scale": one, "a2_scale": one}
    config = fp8_w8a8_moe_quant_config(**scales) if fp8 else FusedMoEQuantConfig.make()
    made = FusedMoEKernel(MoEPrepareAndFinalizeNoDPEPModular(), NemotronExperts(moe, config))
    made.fused_experts.begin(WAYS, SMALL, torch.device("cpu"))
    return made


def stored(matrix: torch.Tensor, fp8: bool) -> torch.Tensor:
    return (matrix / STEP).to(torch.float8_e4m3fn) if fp8 else matrix.to(torch.bfloat16)


def meant(matrix: torch.Tensor, fp8: bool) -> torch.Tensor:
    return matrix.float() * STEP if fp8 else matrix.float()


def run(made: Any, up: torch.Tensor, down: torch.Tensor, case: Any) -> torch.Tensor:
    return made.apply(
        case.x,
        up,
        down,
        topk_weights=case.weights,
        topk_ids=case.ids,
        activation=MoEActivation.RELU2_NO_MUL,
        global_num_experts=SMALL.experts,
        expert_map=None,
        apply_router_weight_on_input=False,
    )


def errors(fp8: bool) -> dict[str, float]:
    """By tokens; the last of them on other weights, as after a reload."""
    made, found = kernel(fp8), {}
    for tokens, seed in ((1, 3), (4, 3), (5, 3), (3, 4)):
        weights = draw_weights(SMALL, seed=seed)
        up, down = stored(weights.up, fp8), stored(weights.down, fp8)
        case = draw_batch(SMALL, tokens, "uniform", weights.bias, torch.bfloat16)
        expected = routed_experts(case.x, meant(up, fp8), meant(down, fp8), case.ids, case.weights)
        found[str(tokens)] = relative_error(run(made, up, down, case), expected)
    return found


def handed_to_stock(fp8: bool) -> dict[str, Any]:
    """What vLLM's experts get for a count of tokens that no range has."""
    made, weights, seen = kernel(fp8), draw_weights(SMALL), {}

    def apply(self: Any, output: torch.Tensor, hidden_states: torch.Tensor, *args: Any) -> None:
        a1q_scale, first, second = args[7], args[9], args[10]
        seen["dtype"] = str(hidden_states.dtype)
        seen["quantises"] = self.expects_unquantized_inputs and a1q_scale is None
        need = SMALL.top_k * max(SMALL.hidden, SMALL.intermediate) * len(hidden_states)
        seen["has room"] = min(first.numel(), second.numel()) >= need

    with patch.object(TritonExperts, "apply", apply):
        case = draw_batch(SMALL, 6, "uniform", weights.bias, torch.bfloat16)
        run(made, stored(weights.up, fp8), stored(weights.down, fp8), case)
    return seen


def rooms() -> list[list[int]]:
    """Elements of both scratch memories for 1 to 12 tokens, before and after the ranges are known."""
    experts = kernel(False).fused_experts
    sizes = (SMALL.intermediate, SMALL.hidden, SMALL.top_k, 128, 128, None, MoEActivation.RELU2_NO_MUL)
    two, five = WAYS.ranges[1:]
    folded = replace(two, choice=replace(two.choice, folded_shared=True))
    experts.dispatch = Dispatch((WAYS.ranges[0], folded, five))
    with_ranges = [experts.workspace_shapes(m, *sizes)[:2] for m in range(1, 13)]
    experts.dispatch = Dispatch()
    stock = [experts.workspace_shapes(m, *sizes)[:2] for m in range(1, 13)]
    return [[prod(shapes[which]) for shapes in of] for of in (with_ranges, stock) for which in (0, 1)]


def beyond() -> list[str]:
    """The ways of as many tokens as there is memory for, and of one more, where a range has them all."""
    experts = kernel(False).fused_experts
    experts.dispatch = Dispatch((Range(1, 1 << 30, Choice("blocks", ROWS, ROWS)),))
    return [experts.choose(tokens).way for tokens in (64, 65)]


if __name__ == "__main__":
    register()
    report = {
        "errors": {"bf16": errors(False), "fp8": errors(True)},
        "stock": {"bf16": handed_to_stock(False), "fp8": handed_to_stock(True)},
        "rooms": rooms(),
        "beyond": beyond(),
    }
    print(json.dumps(report))
