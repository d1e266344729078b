"""vLLM's methods for mixture-of-experts layers, bf16 and FP8, with our experts in layers that are ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
import vllm
from torch import Tensor
from vllm.config import get_current_vllm_config
from vllm.model_executor.layers.fused_moe.oracle.fp8 import Fp8MoeBackend
from vllm.model_executor.layers.fused_moe.oracle.unquantized import UnquantizedMoeBackend
from vllm.model_executor.layers.fused_moe.unquantized_fused_moe_method import UnquantizedFusedMoEMethod
from vllm.model_executor.layers.quantization.modelopt import ModelOptFp8MoEMethod
from vllm.utils.platform_utils import get_device_name_as_file_name

from nemotron_kernels.plugin import gate, plan
from nemotron_kernels.plugin.experts import NemotronExperts
from nemotron_kernels.plugin.mode import Mode
from nemotron_kernels.plugin.plan import Plan
from nemotron_kernels.plugin.shared import FoldedShared


class Ours:
    """What both methods do for a layer.

    Attributes:
        mode: of the process.
        obstacle: why the layer is not ours, or None.
        plan: of a layer that is ours.
        stock: the backend that vLLM would have taken.
        notes: what the plan can't have, and why.
    """

    mode = Mode.OFF
    obstacle: str | None = None
    plan: Plan | None = None
    stock = ""
    notes: tuple[str, ...] = ()
    _router: Any = None

    def _claim(self, moe: Any, dtype: str | None, stock: str) -> bool:
        """Decides for a layer that is being built; True where our experts shall be in it."""
        self.stock = stock
        self.obstacle = gate.of_layer(moe, get_current_vllm_config())
        if self.obstacle is None:
            self.plan = plan.at_hand(self.mode, gate.geometry(moe), card(), dtype, vllm.__version__)
        return self.plan is not None and self.plan.dispatch.replaces

    @property
    def experts(self) -> NemotronExperts | None:
        """Ours, where they are in the layer."""
        kernel: Any = self.moe_kernel  # type: ignore[attr-defined]
        experts = kernel.fused_experts if kernel is not None else None
        return experts if isinstance(experts, NemotronExperts) else None

    def process_weights_after_loading(self, layer: Any) -> None:
        """As vLLM's; again after a reload, which may make the experts anew."""
        before = self.experts
        super().process_weights_after_loading(layer)  # type: ignore[misc]
        experts = self.experts
        if experts is not None and experts is not before and self.plan:
            shared = before.shared if before else None
            experts.begin(self.plan.dispatch, gate.geometry(layer.moe_config), layer.w13_weight.device)
            experts.shared = shared

    def settle(self, runner: Any, config: Any) -> None:
        """Called once the model is loaded: takes over routing and shared expert as far as that can be."""
        if self.experts is None or self.plan is None:
            return
        choices = [r.choice for r in self.plan.dispatch.ranges]
        routes, folds = any(c.fused_routing for c in choices), any(c.folded_shared for c in choices)
        no_routing = gate.of_routing(runner, config) if routes else None
        no_folding = gate.of_shared(runner) if folds else None
        self.notes = (
            *((f"routing stays vLLM's: {no_routing}",) if no_routing else ()),
            *((f"the shared expert stays vLLM's: {no_folding}",) if no_folding else ()),
        )
        ranges = plan.narrowed(self.plan.dispatch, routing=not no_routing, shared=not no_folding)
        self.plan = replace(self.plan, dispatch=ranges)
        self.experts.dispatch = ranges
        if routes and not no_routing:
            self._router = runner.router
        if folds and not no_folding:
            choose = self.experts.choose
            shared = FoldedShared(runner.shared_experts, lambda tokens: choose(tokens).folded_shared)
            runner._shared_experts = self.experts.shared = shared

    @property
    def is_monolithic(self) -> bool:
        """Whether vLLM hands router logits over, not chosen experts; it asks at every call."""
        return self._router is not None or super().is_monolithic  # type: ignore[misc]

    def apply_monolithic(
        self, layer: Any, x: Tensor, router_logits: Tensor, input_ids: Tensor | None = None
    ) -> Tensor:
        """Experts by router logits: chosen by us where that wins, else by vLLM's own router."""
        experts = self.experts
        if self._router is None or experts is None:
            stock: Tensor = super().apply_monolithic(layer, x, router_logits, input_ids)  # type: ignore[misc]
            return stock
        if experts.choose(len(x)).fused_routing:
            with experts.routed_by(router_logits, layer.e_score_correction_bias.data) as (weights, ids):
                return self._run(layer, x, weights, ids)
        weights, ids = self._router.select_experts(
            hidden_states=x,
            router_logits=router_logits,
            topk_indices_dtype=self.topk_indices_dtype,  # type: ignore[attr-defined]
            input_ids=input_ids,
        )
        return self._run(layer, x, weights, ids)

    def _run(self, layer: Any, x: Tensor, weights: Tensor, ids: Tensor) -> Tensor:
        out: Tensor = self.moe_kernel.apply(  # type: ignore[attr-defined]
            hidden_states=x,
            w1=layer.w13_weight,
            w2=layer.w2_weight,
            topk_weights=weights,
            topk_ids=ids,
            activation=layer.activation,
            global_num_experts=layer.global_num_experts,
            expert_map=layer.expert_map,
            apply_router_weight_on_input=layer.apply_router_weight_on_input,
        )
        return out


class NemotronMoEMethod(Ours, UnquantizedFusedMoEMethod):  # type: ignore[misc]
    """bf16 weights."""

    unquantized_backend: UnquantizedMoeBackend

    def __init__(self, moe: Any) -> None:
        super().__init__(moe)
        if self._claim(moe, None, self.unquantized_backend.value):
            self.experts_cls = NemotronExperts
            if not gate.interpreted():
                self.unquantized_backend = UnquantizedMoeBackend.TRITON


class NemotronModelOptFp8MoEMethod(Ours, ModelOptFp8MoEMethod):  # type: ignore[misc]
    """FP8 weights with one scale for each expert's matrix. vLLM looks for `ModelOpt` in this name."""

    fp8_backend: Fp8MoeBackend

    def __init__(self, quant_config: Any, moe_config: Any) -> None:
        super().__init__(quant_config, moe_config)
        if quant_config.quant_method != "FP8":
            self.obstacle = f"its FP8 is {quant_config.quant_method}, not scaled by tensor"
        elif self._claim(moe_config, plan.FP8, self.fp8_backend.value):
            # FlashInfer's experts, which vLLM prefers, pad the weights: what stays stock is Triton's, too.
            self.experts_cls = NemotronExperts
            self.fp8_backend = Fp8MoeBackend.TRITON


def card() -> str:
    """The card's name in vLLM's files of tuned tiles, which give the H200 family one name."""
    name: str = get_device_name_as_file_name()
    return "NVIDIA_H200" if "H200" in name.split("_") else name


def methods(model: torch.nn.Module) -> list[tuple[Any, Any]]:
    """Each mixture-of-experts layer of a model: vLLM's runner, and its method."""
    from vllm.model_executor.layers.fused_moe.runner.moe_runner import MoERunner

    return [(m, m.routed_experts.quant_method) for m in model.modules() if isinstance(m, MoERunner)]
