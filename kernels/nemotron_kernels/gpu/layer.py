"""One layer's experts, run the way that was chosen for the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import triton
from torch import Tensor
from triton.tools.tensor_descriptor import TensorDescriptor

from nemotron_kernels.choice import Choice, Tile
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.gpu.grouped import combine_kernel, down_kernel, up_kernel
from nemotron_kernels.gpu.launch import Launch
from nemotron_kernels.gpu.routing import route
from nemotron_kernels.gpu.vector import vector_down_kernel, vector_up_kernel
from nemotron_kernels.gpu.workspace import Workspace, most_tiles

COMBINE_ROWS, COMBINE_COLUMNS = 4, 512


@dataclass(frozen=True, slots=True)
class Fp8Scales:
    """What one step of an FP8 number stands for, float32.

    Attributes:
        x: one number, of the layer's input.
        hidden: one number, of the input of the second product.
        up: `[E]`.
        down: `[E]`.
    """

    x: Tensor
    hidden: Tensor
    up: Tensor
    down: Tensor


@dataclass(frozen=True, slots=True)
class Routing:
    """Router logits and correction bias, for a choice with fused routing: `[T, E]` and `[E]`."""

    logits: Tensor
    bias: Tensor


class Experts:
    """The routed experts of one layer, and its shared expert where that is folded in.

    Args:
        geometry: sizes.
        up: `[E, I, H]`, contiguous, bf16 (or FP8 with `scales`; fp32 and fp16 work, too).
        down: `[E, H, I]`, likewise.
        workspace: shared by the layers of a device.
        scales: of FP8 weights.
        shared_up: `[S * I, H]`, for folding.
        shared_down: `[H, S * I]`.
        multiprocessors: of the card; grids are multiples of it.
        launch: how kernels are launched.

    Raises:
        ValueError: tensors that don't have the geometry.
    """

    def __init__(
        self,
        geometry: Geometry,
        up: Tensor,
        down: Tensor,
        workspace: Workspace,
        *,
        scales: Fp8Scales | None = None,
        shared_up: Tensor | None = None,
        shared_down: Tensor | None = None,
        multiprocessors: int = 132,
        launch: Launch | None = None,
    ) -> None:
        g = geometry
        _must_be(up, "up", (g.experts, g.intermediate, g.hidden))
        _must_be(down, "down", (g.experts, g.hidden, g.intermediate))
        if shared_up is not None and shared_down is not None:
            _must_be(shared_up, "shared_up", (g.shared_experts * g.intermediate, g.hidden))
            _must_be(shared_down, "shared_down", (g.hidden, g.shared_experts * g.intermediate))
        self.geometry = geometry
        self.up = up
        self.down = down
        self.shared_up = shared_up
        self.shared_down = shared_down
        self.workspace = workspace
        self.scales = scales
        self.multiprocessors = multiprocessors
        self.launch = launch or Launch()
        self._descriptors: dict[tuple[str, int, int], TensorDescriptor] = {}

    def run(
        self,
        choice: Choice,
        x: Tensor,
        out: Tensor,
        *,
        ids: Tensor | None = None,
        weights: Tensor | None = None,
        routing: Routing | None = None,
        x_scale: Tensor | None = None,
        hidden: Tensor | None = None,
        parts: Tensor | None = None,
        shared_out: Tensor | None = None,
    ) -> None:
        """Writes the weighted sum of the chosen experts into `out`.

        Args:
            choice: any way but stock.
            x: `[T, H]`; in FP8 only if `x_scale` is given.
            out: `[T, H]`.
            ids: `[T, K]`, where vLLM has routed.
            weights: `[T, K]` float32, likewise.
            routing: where this layer routes.
            x_scale: of an `x` that was quantised before.
            hidden: scratch for the rows of the first product, at least `hidden_elements`; allocated if absent.
            parts: scratch for the rows of the second, likewise.
            shared_out: `[T, H]`, the shared expert's output, where `choice` folds it in.
        """
        tokens = len(x)
        if tokens > self.workspace.capacity:
            raise ValueError(f"{tokens} tokens are more than the workspace's {self.workspace.capacity}")
        if not tokens:
            return
        assert choice.up and choice.down
        if routing is not None:
            ids, weights = self.workspace.ids[:tokens], self.workspace.weights[:tokens]
        assert ids is not None and weights is not None
        if choice.way == "vector":
            self._vector(choice.up, choice.down, x, out, ids, weights, routing, x_scale, hidden)
        else:
            self._grouped(choice, x, out, ids, weights, routing, x_scale, hidden, parts, shared_out)

    def hidden_elements(self, tokens: int) -> int:
        """Elements of the scratch between the products."""
        return tokens * (self.geometry.top_k + self.geometry.shared_experts) * self.geometry.intermediate

    def parts_elements(self, tokens: int) -> int:
        """Elements of the scratch after the second product."""
        return tokens * (self.geometry.top_k + self.geometry.shared_experts) * self.geometry.hidden

    def _vector(
        self,
        up: Tile,
        down: Tile,
        x: Tensor,
        out: Tensor,
        ids: Tensor,
        weights: Tensor,
        routing: Routing | None,
        x_scale: Tensor | None,
        hidden: Tensor | None,
    ) -> None:
        g, tokens = self.geometry, len(x)
        if routing is not None:
            route(
                self.workspace,
                **{"tokens": tokens, "rows": 1, "ids": ids, "weights": weights, "spread": False},
                **{"logits": routing.logits, "bias": routing.bias, "launch": self.launch},
            )
        rows = _scratch(hidden, tokens * g.top_k * g.intermediate, torch.float32, x)
        sizes = {"E": g.experts, "K": g.top_k, "H": g.hidden, "I": g.intermediate}
        scales = self.scales
        self.launch(
            vector_up_kernel,
            (triton.cdiv(g.intermediate, up.columns), tokens * g.top_k),
            *(x, self.up, rows, ids, x_scale, scales.up if scales else None),
            **sizes,
            **{"COLUMNS": up.columns, "STEP": up.depth, "X_SCALED": x_scale is not None, "W_SCALED": bool(scales)},
            num_warps=up.warps,
            num_stages=up.stages,
        )
        self.launch(
            vector_down_kernel,
            (triton.cdiv(g.hidden, down.columns), tokens),
            *(rows, self.down, out, ids, weights, scales.down if scales else None),
            **sizes,
            **{"COLUMNS": down.columns, "STEP": down.depth, "W_SCALED": bool(scales)},
            num_warps=down.warps,
            num_stages=down.stages,
        )

    def _grouped(
        self,
        choice: Choice,
        x: Tensor,
        out: Tensor,
        ids: Tensor,
        weights: Tensor,
        routing: Routing | None,
        x_scale: Tensor | None,
        hidden: Tensor | None,
        parts: Tensor | None,
        shared_out: Tensor | None,
    ) -> None:
        assert choice.up and choice.down
        g, w, tokens, scales = self.geometry, self.workspace, len(x), self.scales
        folds = choice.folded_shared
        quantised = None
        if scales and x_scale is None:
            quantised = torch.empty(x.shape, dtype=self.up.dtype, device=x.device)
            x_scale = scales.x
        route(
            w,
            **{"tokens": tokens, "rows": choice.up.rows, "ids": ids, "weights": weights, "shared": folds},
            **{"logits": routing.logits, "bias": routing.bias} if routing else {},
            **{"x": x, "quantised": quantised, "scale": x_scale} if quantised is not None else {},
            launch=self.launch,
        )
        inputs = x if quantised is None else quantised
        rows = _scratch(hidden, self.hidden_elements(tokens), inputs.dtype, x)
        parts = _scratch(parts, self.parts_elements(tokens), out.dtype, x)
        tiles = (w.bucket, w.tile_expert, w.tile_first, w.counts, w.num_tiles)
        common = grouped_constants(g, choice, fp8=bool(scales), upcast=_upcast(inputs))
        self.launch(
            up_kernel,
            self._grid(choice, choice.up, g.intermediate, tokens),
            *(inputs, self._descriptor("up", choice.up), self._shared("shared_up", choice.up, folds), rows, *tiles),
            *((x_scale, scales.up, scales.hidden) if scales else (None, None, None)),
            *(tokens, w.capacity),
            **common,
            **tile_options(choice.up),
        )
        self.launch(
            down_kernel,
            self._grid(choice, choice.down, g.hidden, tokens),
            *(rows, self._descriptor("down", choice.down), self._shared("shared_down", choice.down, folds)),
            *(parts, out, shared_out, *tiles, weights, w.arrivals),
            *((scales.hidden, scales.down) if scales else (None, None)),
            *(tokens, w.capacity),
            **common,
            **tile_options(choice.down),
            REDUCE=choice.way == "stream",
        )
        if choice.way != "stream":
            self.launch(
                combine_kernel,
                (triton.cdiv(tokens, COMBINE_ROWS), triton.cdiv(g.hidden, COMBINE_COLUMNS)),
                *(parts, out, tokens),
                **{"K": g.top_k, "H": g.hidden, "ROWS": COMBINE_ROWS, "COLUMNS": COMBINE_COLUMNS},
                num_warps=4,
            )

    def _grid(self, choice: Choice, tile: Tile, columns: int, tokens: int) -> tuple[int]:
        """Enough programs for any routing of so many tokens, or as many as fit the card at once."""
        pieces = most_tiles(self.geometry, tokens, tile.rows, shared=choice.folded_shared)
        pieces *= triton.cdiv(columns, tile.columns)
        return (min(pieces, self.multiprocessors * tile.waves) if tile.waves else pieces,)

    def _shared(self, name: str, tile: Tile, folds: bool) -> TensorDescriptor | None:
        return self._descriptor(name, tile) if folds else None

    def _descriptor(self, name: str, tile: Tile) -> TensorDescriptor:
        """Of a matrix as TMA sees it: two dimensions, in boxes of a tile."""
        key = (name, tile.columns, tile.depth)
        if key not in self._descriptors:
            matrix: Tensor = getattr(self, name)
            flat = matrix.view(-1, matrix.shape[-1])
            self._descriptors[key] = TensorDescriptor.from_tensor(flat, [tile.columns, tile.depth])
        return self._descriptors[key]


def grouped_constants(geometry: Geometry, choice: Choice, *, fp8: bool, upcast: bool) -> dict[str, Any]:
    """Compile-time arguments that both products share."""
    return {
        "E": geometry.experts,
        "K": geometry.top_k,
        "SHARED": geometry.shared_experts if choice.folded_shared else 0,
        "H": geometry.hidden,
        "I": geometry.intermediate,
        "SWAP": choice.way == "stream",
        "FP8": fp8,
        "UPCAST": upcast,
    }


def tile_options(tile: Tile) -> dict[str, Any]:
    """A tile as compile-time arguments and launch options."""
    return {
        "ROWS": tile.rows,
        "COLUMNS": tile.columns,
        "STEP": tile.depth,
        "num_warps": tile.warps,
        "num_stages": tile.stages,
    }


def _upcast(x: Tensor) -> bool:
    """Triton's interpreter multiplies bf16 and FP8 as if they were integers; on a CPU they are widened first."""
    return not x.is_cuda


def _must_be(matrix: Tensor, name: str, shape: tuple[int, ...]) -> None:
    if tuple(matrix.shape) != shape or not matrix.is_contiguous():
        raise ValueError(f"{name} must be contiguous {list(shape)}, not {list(matrix.shape)}")


def _scratch(given: Tensor | None, elements: int, dtype: torch.dtype, like: Tensor) -> Tensor:
    """Part of the given memory in another dtype, or memory of its own."""
    if given is None:
        return torch.empty(elements, dtype=dtype, device=like.device)
    view = given.flatten().view(dtype)
    if view.numel() < elements:
        raise ValueError(f"scratch of {view.numel()} elements is less than the {elements} needed")
    return view[:elements]
