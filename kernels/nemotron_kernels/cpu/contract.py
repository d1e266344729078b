"""The private parts of vLLM that the CPU plugin leans on; see `nemotron_kernels.contract`."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from nemotron_kernels import contract

_LAYERS = "vllm.model_executor.layers"
GUARD = f"{_LAYERS}.fused_moe.config:FusedMoEConfig.__post_init__"
BACKENDS = f"{_LAYERS}.fused_moe.oracle.unquantized:backend_to_kernel_cls"
EXPERTS = f"{_LAYERS}.fused_moe.experts.cpu_moe:CPUUnquantizedExperts"
SUPPORT = f"{_LAYERS}.fused_moe.modular_kernel:FusedMoEExperts.is_supported_config"
SCAN = f"{_LAYERS}.mamba.ops.ssd_combined:_mamba_chunk_scan_combined_fwd"
CHECKPOINT = f"{_LAYERS}.mamba.ops.ssd_checkpoint:_store_prefill_checkpoint_kernel"
REQUEST_STATE = "vllm.v1.worker.gpu_input_batch:CachedRequestState.__post_init__"
REGISTER_KERNELS = "vllm.triton_utils.dispatcher:register_kernels"

SIGNATURES: Mapping[str, str] = {
    GUARD: "self",
    BACKENDS: "backend",
    SUPPORT: "cls moe_config weight_key activation_key activation_format",
    f"{EXPERTS}.is_supported_config": "cls moe_config weight_key activation_key activation_format",
    f"{EXPERTS}._supports_no_act_and_mul": "",
    f"{EXPERTS}._supports_activation": "activation",
    f"{EXPERTS}._supports_parallel_config": "moe_parallel_config",
    f"{EXPERTS}.process_weights_after_loading": "self layer",
    f"{EXPERTS}.apply": (
        "self output hidden_states w1 w2 topk_weights topk_ids activation global_num_experts expert_map"
        " a1q_scale a2_scale workspace13 workspace2 expert_tokens_meta apply_router_weight_on_input"
    ),
    SCAN: (
        "x dt A B C chunk_size out D z dt_bias initial_states return_intermediate_states seq_idx cu_seqlens"
        " cu_chunk_seqlens last_chunk_indices dt_softplus dt_limit state_dtype kwargs"
    ),
    CHECKPOINT: (
        "x_ptr conv_state_ptr chunk_states_ptr ssm_state_ptr query_start_loc_ptr checkpoint_offsets_ptr"
        " state_indices_ptr chunk_idx_ptr stride_x_dim stride_x_token stride_conv_block stride_conv_dim"
        " stride_conv_token stride_chunk_states stride_ssm_block DIM STATE_LEN SSM_ROW_SIZE BLOCK_SIZE"
    ),
    REQUEST_STATE: "self",
    REGISTER_KERNELS: "overrides",
}


def check() -> None:
    """Compares vLLM with this file.

    Raises:
        nemotron_kernels.contract.VllmMismatch: on the first difference.
    """
    contract.check(SIGNATURES)
    if not _ends_in_raise(contract.resolve(GUARD)):
        raise contract.mismatch(f"{GUARD} does not end in the check for gated experts")


def _ends_in_raise(function: Callable[..., Any]) -> bool:
    """Whether the last statement only raises, so that all the rest has run by the time it does."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    last = tree.body[0].body[-1]  # type: ignore[attr-defined]
    return isinstance(last, ast.If) and isinstance(last.body[-1], ast.Raise)
