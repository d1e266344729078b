"""vLLM's view of the CPU experts: what they can do, and how they are called."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from vllm.model_executor.layers.fused_moe.activation import MoEActivation
from vllm.model_executor.layers.fused_moe.experts.cpu_moe import CPUUnquantizedExperts
from vllm.model_executor.layers.fused_moe.modular_kernel import FusedMoEExperts

import nemotron_kernels.cpu.experts  # noqa: F401  (defines the operator)


class Relu2Experts(CPUUnquantizedExperts):  # type: ignore[misc]
    """Non-gated relu² experts with weights as loaded: up `[E, I, H]`, down `[E, H, I]`."""

    @staticmethod
    def _supports_no_act_and_mul() -> bool:
        return True

    @staticmethod
    def _supports_activation(activation: MoEActivation) -> bool:
        return activation is MoEActivation.RELU2_NO_MUL

    @staticmethod
    def _supports_parallel_config(moe_parallel_config: Any) -> bool:
        return not moe_parallel_config.use_ep  # `expert_map` is not looked at

    @staticmethod
    def is_supported_config(
        cls: type[FusedMoEExperts],
        moe_config: Any,
        weight_key: Any,
        activation_key: Any,
        activation_format: Any,
    ) -> tuple[bool, str | None]:
        """The general conditions only: the parent's also ask for the alignment its kernel needs."""
        if moe_config.has_bias:
            return False, "kernel does not support bias"
        supported: tuple[bool, str | None] = FusedMoEExperts.is_supported_config(
            cls, moe_config, weight_key, activation_key, activation_format
        )
        return supported

    def process_weights_after_loading(self, layer: torch.nn.Module) -> None:
        """Nothing: the parent would repack the weights for its own kernel."""

    def apply(
        self,
        output: Tensor,
        hidden_states: Tensor,
        w1: Tensor,
        w2: Tensor,
        topk_weights: Tensor,
        topk_ids: Tensor,
        activation: MoEActivation,
        global_num_experts: int,
        expert_map: Tensor | None,
        a1q_scale: Tensor | None,
        a2_scale: Tensor | None,
        workspace13: Tensor,
        workspace2: Tensor,
        expert_tokens_meta: Any,
        apply_router_weight_on_input: bool,
    ) -> None:
        """Fills `output`, `[T, H]`."""
        if apply_router_weight_on_input:
            raise NotImplementedError("relu2 experts on a CPU weigh their outputs, not their inputs")
        output.copy_(torch.ops.nemotron_kernels.relu2_experts(hidden_states, w1, w2, topk_ids, topk_weights))
