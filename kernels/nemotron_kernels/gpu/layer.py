"""One layer's experts, run the way that was chosen for the batch."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from nemotron_kernels.choice import Choice
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.gpu.batch import Batch, Fp8Scales, Layer, Routing
from nemotron_kernels.gpu.grouped import run_grouped
from nemotron_kernels.gpu.vector import run_vector
from nemotron_kernels.gpu.workspace import Workspace

__all__ = ["Experts", "Fp8Scales", "Routing"]


class Experts:
    """The routed experts of one layer, and its shared expert where that is folded in.

    Shapes: T tokens, E experts, S shared experts, K experts per token, H hidden, I expert intermediate.

    Args:
        geometry: sizes.
        up: `[E, I, H]`, contiguous, bf16 (or FP8 with `scales`; fp32 and fp16 work, too).
        down: `[E, H, I]`, likewise.
        workspace: shared by the layers of a device.
        options: `scales` (`Fp8Scales` of FP8 weights); `shared_up` `[S * I, H]` and `shared_down`
            `[H, S * I]`, for folding; `multiprocessors` of the card, for grids; `launch`, how kernels are
            launched.

    Raises:
        ValueError: tensors that don't have the geometry.
    """

    def __init__(
        self, geometry: Geometry, up: Tensor, down: Tensor, workspace: Workspace, **options: Any
    ) -> None:
        self.layer = Layer(geometry, up, down, workspace, **options)

    def run(
        self,
        choice: Choice,
        x: Tensor,
        out: Tensor,
        *,
        ids: Tensor | None = None,
        weights: Tensor | None = None,
        routing: Routing | None = None,
        **more: Tensor | None,
    ) -> None:
        """Writes the weighted sum of the chosen experts into `out`.

        Args:
            choice: any way but stock.
            x: `[T, H]`; in FP8 only if `x_scale` is given.
            out: `[T, H]`.
            ids: `[T, K]`, where vLLM has routed; an id that is no expert adds nothing.
            weights: `[T, K]` float32, likewise.
            routing: where this layer routes; then `choice` must have `fused_routing`.
            more: `x_scale`, of an `x` that was quantised before; scratch memory `hidden` of T times
                `rows_per_token` rows of I and `parts` of as many rows of H, allocated if absent;
                `shared_out` `[T, H]`, where the choice folds the shared expert in.

        Raises:
            ValueError: arguments that don't fit each other or the workspace.
        """
        workspace, tokens = self.layer.workspace, len(x)
        if choice.way == "stock":
            raise ValueError("stock experts are run by vLLM")
        if tokens > workspace.capacity:
            raise ValueError(f"{tokens} tokens are more than the workspace's {workspace.capacity}")
        if (routing is not None) != choice.fused_routing:
            raise ValueError("routing is given if, and only if, the choice fuses it")
        if choice.folded_shared and more.get("shared_out") is None:
            raise ValueError("the folded shared expert needs `shared_out`")
        if choice.folded_shared and self.layer.scales:
            raise ValueError("the shared expert folds into bf16 experts only: its FP8 scales are its own")
        if routing is not None:
            ids, weights = workspace.ids[:tokens], workspace.weights[:tokens]
        if ids is None or weights is None:
            raise ValueError("either routing, or ids and weights are needed")
        if tokens:
            batch = Batch(x, out, ids, weights, routing, **more)
            (run_vector if choice.way == "vector" else run_grouped)(self.layer, choice, batch)
