"""vLLM's Triton experts, with our kernels for the counts of tokens where these win.

The weights keep vLLM's layout, so both run on the same memory.

Shapes: T tokens, E experts, K experts per token, H hidden, I expert intermediate.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import torch
from torch import Tensor
from vllm.model_executor.layers.fused_moe.experts.triton_moe import TritonExperts
from vllm.platforms import current_platform

from nemotron_kernels.choice import STOCK, Choice
from nemotron_kernels.dispatch import Dispatch
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.gpu.batch import rows_per_token
from nemotron_kernels.gpu.layer import Experts, Fp8Scales, Routing
from nemotron_kernels.gpu.workspace import Workspace
from nemotron_kernels.plugin.shared import FoldedShared

GROUPED = ("stream", "blocks")
"""Ways that need more scratch than vLLM's; a vector needs less."""


class NemotronExperts(TritonExperts):  # type: ignore[misc]
    """Runs each batch as `dispatch` says; until `begin`, as vLLM does."""

    def __init__(self, moe_config: Any, quant_config: Any) -> None:
        super().__init__(moe_config, quant_config)
        self.dispatch = Dispatch()
        self.shared: FoldedShared | None = None
        self._routing: Routing | None = None
        self._kernels: Experts | None = None
        self._places: tuple[int, ...] = ()

    def begin(self, dispatch: Dispatch, geometry: Geometry, device: torch.device) -> None:
        """Takes the ranges, and the memory that they need, before any graph is captured."""
        self.dispatch, self._geometry = dispatch, geometry
        self._workspace = workspace(geometry, self.moe_config.max_num_tokens, device)

    def choose(self, tokens: int) -> Choice:
        """What runs a batch; one that is larger than the memory of `begin` stays stock."""
        return self.dispatch.choose(tokens) if tokens <= self.moe_config.max_num_tokens else STOCK

    @property
    def expects_unquantized_inputs(self) -> bool:
        """Our kernels quantise as they route, if at all; vLLM's experts do so when told, in `apply`."""
        return self.quant_dtype is not None

    @contextmanager
    def routed_by(self, logits: Tensor, bias: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Within it a batch is routed by us; yields the memory for its weights and ids, `[T, K]` each."""
        self._routing = Routing(logits, bias)
        try:
            yield self._workspace.weights[: len(logits)], self._workspace.ids[: len(logits)]
        finally:
            self._routing = None

    def workspace_shapes(self, M: int, N: int, K: int, topk: int, *rest: Any, **more: Any) -> Any:
        """Room for vLLM's way and for each of ours that so many tokens, or fewer, may take."""
        first, second, output = super().workspace_shapes(M, N, K, topk, *rest, **more)
        if not self.dispatch.replaces:
            return first, second, output
        return self._roomy(first, K), self._roomy(second, N), output

    def apply(
        self,
        output: Tensor,
        hidden_states: Tensor,
        w1: Tensor,
        w2: Tensor,
        topk_weights: Tensor,
        topk_ids: Tensor,
        activation: Any,
        global_num_experts: int,
        expert_map: Tensor | None,
        a1q_scale: Tensor | None,
        a2_scale: Tensor | None,
        workspace13: Tensor,
        workspace2: Tensor,
        expert_tokens_meta: Any,
        apply_router_weight_on_input: bool,
    ) -> None:
        """Fills `output`, `[T, H]`; arguments are vLLM's."""
        choice = self.choose(len(hidden_states))
        if choice.way == "stock":
            super().apply(
                output,
                hidden_states,
                w1,
                w2,
                topk_weights,
                topk_ids,
                activation,
                global_num_experts,
                expert_map,
                a1q_scale,
                a2_scale,
                workspace13,
                workspace2,
                expert_tokens_meta,
                apply_router_weight_on_input,
            )
            return
        shared_out = torch.empty_like(output) if choice.folded_shared else None
        self._kernels_of(w1, w2).run(
            choice,
            hidden_states,
            output,
            ids=None if self._routing else topk_ids,
            weights=None if self._routing else topk_weights,
            routing=self._routing,
            hidden=workspace2,
            parts=None if _overlap(workspace13, output) else workspace13,
            shared_out=shared_out,
        )
        if shared_out is not None:
            assert self.shared
            self.shared.hand_over(shared_out)

    def _kernels_of(self, up: Tensor, down: Tensor) -> Experts:
        """The kernels on these weights; made anew where a reload has moved them."""
        shared = self.shared.matrices() if self.shared else {}
        wanted = (up, down, *shared.values())
        places = tuple(weights.data_ptr() for weights in wanted)
        if self._kernels is None or places != self._places:
            self._places = places
            self._kernels = Experts(
                self._geometry,
                up,
                down,
                self._workspace,
                scales=self._scales(),
                multiprocessors=multiprocessors(),
                **shared,
            )
        return self._kernels

    def _scales(self) -> Fp8Scales | None:
        if self.quant_dtype is None:
            return None
        return Fp8Scales(x=self.a1_scale, hidden=self.a2_scale, up=self.w1_scale, down=self.w2_scale)

    def _roomy(self, stock: tuple[int, ...], columns: int) -> tuple[int, ...]:
        """A shape of `stock[0]` rows that never shrinks as tokens grow: vLLM locks the largest it saw."""
        tokens, room = stock[0], prod(stock)
        for r in self.dispatch.ranges:
            if r.first <= tokens and r.choice.way in GROUPED:
                rows = min(tokens, r.last) * rows_per_token(self._geometry, r.choice)
                room = max(room, rows * columns)
        return (tokens, -(-room // tokens))


@functools.cache
def workspace(geometry: Geometry, capacity: int, device: torch.device) -> Workspace:
    """One for all layers of a device: they run in turn."""
    return Workspace(geometry, capacity, device)


@functools.cache
def multiprocessors() -> int:
    """Of the card; under the interpreter a few, for each program costs time."""
    return 4 if current_platform.is_cpu() else int(current_platform.num_compute_units())


def _overlap(a: Tensor, b: Tensor) -> bool:
    """vLLM may put the output where the first scratch is."""
    return bool(a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr())
