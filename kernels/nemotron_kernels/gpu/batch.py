"""What the kernels are run on: the tensors of a layer, and those of one batch.

Shapes: T tokens, E experts, S shared experts, K experts per token, H hidden, I expert intermediate.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from triton.tools.tensor_descriptor import TensorDescriptor

from nemotron_kernels.choice import Choice, Tile
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.gpu.launch import Launch
from nemotron_kernels.gpu.workspace import Workspace


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
    """Router logits and correction bias, where our kernel chooses the experts: `[T, E]` and `[E]`."""

    logits: Tensor
    bias: Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """The tensors of one call; see `Experts.run`."""

    x: Tensor
    out: Tensor
    ids: Tensor
    weights: Tensor
    routing: Routing | None = None
    x_scale: Tensor | None = None
    hidden: Tensor | None = None
    parts: Tensor | None = None
    shared_out: Tensor | None = None

    @property
    def tokens(self) -> int:
        """T."""
        return len(self.x)

    def quantised(self, x: Tensor, scale: Tensor) -> Batch:
        """The same with FP8 inputs."""
        return replace(self, x=x, x_scale=scale)


@dataclass(frozen=True, slots=True)
class Layer:
    """The tensors of one layer and where it runs; see `Experts`."""

    geometry: Geometry
    up: Tensor
    down: Tensor
    workspace: Workspace
    scales: Fp8Scales | None = None
    shared_up: Tensor | None = None
    shared_down: Tensor | None = None
    multiprocessors: int = 132
    launch: Launch = field(default_factory=Launch)
    _descriptors: dict[tuple[str, int, int], TensorDescriptor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        g = self.geometry
        _must_be(self.up, "up", (g.experts, g.intermediate, g.hidden))
        _must_be(self.down, "down", (g.experts, g.hidden, g.intermediate))
        if self.shared_up is not None and self.shared_down is not None:
            _must_be(self.shared_up, "shared_up", (g.shared_intermediate, g.hidden))
            _must_be(self.shared_down, "shared_down", (g.hidden, g.shared_intermediate))

    def descriptor(self, name: str, tile: Tile) -> TensorDescriptor:
        """One of the matrices as TMA sees it: two dimensions, in boxes of a tile."""
        key = (name, tile.columns, tile.depth)
        if key not in self._descriptors:
            matrix: Tensor | None = getattr(self, name)
            if matrix is None:
                raise ValueError(f"the layer was made without {name}")
            flat = matrix.view(-1, matrix.shape[-1])
            self._descriptors[key] = TensorDescriptor.from_tensor(flat, [tile.columns, tile.depth])
        return self._descriptors[key]


def rows_per_token(geometry: Geometry, choice: Choice) -> int:
    """Rows that each product makes for a token: K, and S where the shared expert is folded in."""
    return geometry.top_k + (geometry.shared_experts if choice.folded_shared else 0)


def scratch(given: Tensor | None, elements: int, dtype: torch.dtype, like: Tensor) -> Tensor:
    """Part of the given memory, seen in `dtype`; or memory of its own.

    Raises:
        ValueError: the given memory is too small.
    """
    if given is None:
        return torch.empty(elements, dtype=dtype, device=like.device)
    view = given.flatten().view(dtype)
    if view.numel() < elements:
        raise ValueError(f"scratch of {view.numel()} elements is less than the {elements} needed")
    return view[:elements]


def tile_options(tile: Tile) -> dict[str, Any]:
    """How a tile is launched."""
    return {"num_warps": tile.warps, "num_stages": tile.stages}


def _must_be(matrix: Tensor, name: str, shape: tuple[int, ...]) -> None:
    if tuple(matrix.shape) != shape or not matrix.is_contiguous():
        raise ValueError(f"{name} must be contiguous {list(shape)}, not {list(matrix.shape)}")
