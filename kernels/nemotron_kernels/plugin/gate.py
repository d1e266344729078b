"""Is this layer ours? Each answer is the obstacle in words, or None.

Triton's interpreter runs the kernels on a CPU for tests; there, sizes, number format and card don't matter.
"""

from __future__ import annotations

import os
from typing import Any

import torch
import vllm.envs as envs
from vllm.model_executor.layers.fused_moe.activation import MoEActivation
from vllm.platforms import current_platform

from nemotron_kernels.geometry import NANO, NANO_TP2, Geometry

HOPPER = (9, 0)
BACKENDS = ("auto", "triton")


def interpreted() -> bool:
    """Whether the kernels run under Triton's interpreter, on a CPU."""
    return bool(current_platform.is_cpu()) and os.environ.get("TRITON_INTERPRET") == "1"


def geometry(moe: Any) -> Geometry:
    """Of a layer of this model, on one GPU; `moe` is vLLM's `FusedMoEConfig`."""
    return Geometry(
        moe.num_experts,
        moe.experts_per_token,
        moe.hidden_dim,
        moe.intermediate_size_per_partition,
        2 * moe.intermediate_size_per_partition,
    )


def of_layer(moe: Any, config: Any) -> str | None:
    """What keeps our kernels from a layer's experts.

    Args:
        moe: vLLM's `FusedMoEConfig`.
        config: vLLM's `VllmConfig`.
    """
    return _of_parallelism(moe.moe_parallel_config, config) or _of_shape(moe) or _of_options(moe, config)


def of_routing(runner: Any, config: Any) -> str | None:
    """What keeps our kernels from choosing the experts as well; `runner` is vLLM's `MoERunner`."""
    layer, router = runner.routed_experts, runner.router
    sums = ("GroupedTopKRouter", "FusedTopKBiasRouter", "CPURouter")
    return _first(
        (config.aux_output_config.enable_return_routed_experts, "routed experts are captured"),
        (type(router).__name__ not in sums, f"routes by {type(router).__name__}"),
        (layer.scoring_func != "sigmoid" or not layer.renormalize, "routes by other scores"),
        ((layer.num_expert_group or 1, layer.topk_group or 1) != (1, 1), "routes by groups of experts"),
        (layer.routed_scaling_factor != 1.0, "weights are scaled by the router"),
        (layer.custom_routing_function is not None, "has a routing function of its own"),
        (layer.e_score_correction_bias is None, "has no score correction bias"),
        (router.bias_vl is not None or runner.moe_config.has_hash_routing, "routes by token, too"),
    )


def of_shared(runner: Any) -> str | None:
    """What keeps our kernels from folding the shared expert in; `runner` is vLLM's `MoERunner`."""
    from vllm.model_executor.layers.linear import UnquantizedLinearMethod

    if runner.shared_experts is None:
        return "there is no shared expert"
    mlp, sizes = runner.shared_experts._layer, geometry(runner.moe_config)
    up, down = getattr(mlp, "up_proj", None), getattr(mlp, "down_proj", None)
    if up is None or down is None or type(mlp).__name__ != "NemotronHMLP":
        return "the shared expert is not this model's"
    shapes = (sizes.shared_intermediate, sizes.hidden), (sizes.hidden, sizes.shared_intermediate)
    plain = all(isinstance(linear.quant_method, UnquantizedLinearMethod) for linear in (up, down))
    same = up.weight.dtype == down.weight.dtype == runner.routed_experts.w13_weight.dtype
    return _first(
        (not (plain and same), "the shared expert has another number format"),
        ((tuple(up.weight.shape), tuple(down.weight.shape)) != shapes, "the shared expert has other sizes"),
        (
            not (up.weight.is_contiguous() and down.weight.is_contiguous()),
            "the shared expert has gaps",
        ),
        (up.bias is not None or down.bias is not None, "the shared expert has a bias"),
        (runner.routed_input_transform is not None, "experts work on a transformed input"),
    )


def _of_shape(moe: Any) -> str | None:
    if moe.activation is not MoEActivation.RELU2_NO_MUL:
        return f"its activation is {moe.activation.value}"
    if interpreted():
        return None
    sizes, ours = geometry(moe), (NANO, NANO_TP2)
    capability = current_platform.get_device_capability()
    return _first(
        (sizes not in ours, f"its sizes are not this model's: {_sizes(sizes)}"),
        (moe.in_dtype is not torch.bfloat16, f"activations are {moe.in_dtype}"),
        (tuple(capability or ()) != HOPPER, f"compute capability {_dotted(capability)}, not 9.0 (Hopper)"),
    )


def _of_parallelism(parallel: Any, config: Any) -> str | None:
    return _first(
        (parallel.tp_size > 2, f"tensor parallelism over {parallel.tp_size} GPUs"),
        (parallel.use_ep or parallel.ep_size > 1, "expert parallelism"),
        (parallel.dp_size > 1, "data parallelism"),
        (parallel.pcp_size > 1, "prefill context parallelism"),
        (parallel.is_sequence_parallel, "sequence parallelism"),
        (parallel.enable_eplb, "expert load balancing"),
        (config.parallel_config.use_ubatching, "batches are split to overlap them"),
    )


def _of_options(moe: Any, config: Any) -> str | None:
    padded = moe.hidden_dim_unpadded, moe.intermediate_size_per_partition_unpadded
    return _first(
        (moe.moe_backend not in BACKENDS, f"the MoE backend was chosen: {moe.moe_backend}"),
        (moe.is_lora_enabled, "LoRA"),
        (moe.has_bias, "experts have a bias"),
        (padded != (moe.hidden_dim, moe.intermediate_size_per_partition), "experts are padded"),
        (envs.VLLM_BATCH_INVARIANT, "results must not depend on the batch"),
        # It may throw our counters away with the weights, and brings only the weights back.
        (config.model_config.enable_sleep_mode, "sleep mode"),
    )


def _first(*obstacles: tuple[Any, str]) -> str | None:
    return next((words for stands, words in obstacles if stands), None)


def _sizes(of: Geometry) -> str:
    return f"{of.experts} experts, top {of.top_k}, hidden {of.hidden}, intermediate {of.intermediate}"


def _dotted(capability: Any) -> str:
    return ".".join(map(str, capability or ("unknown",)))
