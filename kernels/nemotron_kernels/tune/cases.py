"""Weights of several layers, and inputs with a known spread over the experts.

A layer's weights must not lie in the cache when its turn comes, as they don't in serving; so there are many
layers, each with weights of its own. How many experts a batch reaches decides how many bytes must be read, so
each case says it.

Shapes: T tokens, E experts, K experts per token, H hidden, I expert intermediate, S shared intermediate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from nemotron_kernels import reference
from nemotron_kernels.geometry import Geometry

Kind = Literal["uniform", "zipf", "same"]
"""How tokens spread: evenly; by 1/rank over a random order of each layer's own; all on the same experts."""
KINDS: tuple[Kind, ...] = get_args(Kind)

FP8_LARGEST = 448.0
_LARGEST_INPUT, _LARGEST_HIDDEN = 6.0, 64.0


@dataclass(frozen=True, slots=True)
class Scales:
    """What a step of an FP8 number stands for: `x`, `hidden` one float32 number, `up`, `down` `[E]`."""

    x: Tensor
    hidden: Tensor
    up: Tensor
    down: Tensor


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights of one layer.

    Attributes:
        up: `[E, I, H]`.
        down: `[E, H, I]`.
        bias: `[E]`, the router's correction.
        scales: of FP8 weights.
        shared_up: `[S, H]`, of the shared expert; None beside FP8 weights, where it runs by other kernels.
        shared_down: `[H, S]`.
    """

    up: Tensor
    down: Tensor
    bias: Tensor
    scales: Scales | None = None
    shared_up: Tensor | None = None
    shared_down: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One batch and its routing in each layer.

    Attributes:
        kind: the spread.
        x: `[T, H]`.
        logits: `[T, E]` float32, of each layer.
        ids: `[T, K]` int32, of each layer: what the logits and the layer's bias choose.
        weights: `[T, K]` float32, of each layer.
        distinct: experts that are reached, of each layer.
    """

    kind: Kind
    x: Tensor
    logits: tuple[Tensor, ...]
    ids: tuple[Tensor, ...]
    weights: tuple[Tensor, ...]
    distinct: tuple[int, ...]

    @property
    def tokens(self) -> int:
        """T."""
        return len(self.x)

    @property
    def mean_distinct(self) -> float:
        """Experts that a layer reaches on average."""
        return sum(self.distinct) / len(self.distinct)


def make_layers(
    geometry: Geometry, count: int, dtype: torch.dtype, device: torch.device | str, *, seed: int = 0
) -> tuple[Layer, ...]:
    """Layers whose outputs are of the size of their inputs; FP8 if `dtype` is `float8_e4m3fn`."""
    generator = torch.Generator(device=device).manual_seed(seed)
    return tuple(_layer(geometry, dtype, generator) for _ in range(count))


def make_case(
    geometry: Geometry, layers: Sequence[Layer], kind: Kind, tokens: int, dtype: torch.dtype, *, seed: int = 0
) -> Case:
    """A batch of `tokens` in `dtype`, on the device of the layers."""
    device = layers[0].up.device
    generator = torch.Generator(device=device).manual_seed(seed + tokens)
    x = torch.randn(tokens, geometry.hidden, generator=generator, device=device).to(dtype)
    logits = tuple(_logits(geometry, kind, tokens, generator) for _ in layers)
    routed = [
        reference.route(row, layer.bias, geometry.top_k) for row, layer in zip(logits, layers, strict=True)
    ]
    ids = tuple(chosen.int().contiguous() for chosen, _ in routed)
    weights = tuple(shares.float().contiguous() for _, shares in routed)
    return Case(kind, x, logits, ids, weights, tuple(len(chosen.unique()) for chosen in ids))


def _layer(geometry: Geometry, dtype: torch.dtype, generator: torch.Generator) -> Layer:
    g, device = geometry, generator.device
    up = torch.empty(g.experts, g.intermediate, g.hidden, dtype=dtype, device=device)
    down = torch.empty(g.experts, g.hidden, g.intermediate, dtype=dtype, device=device)
    bias = 0.01 * torch.randn(g.experts, generator=generator, device=device)
    if dtype is not torch.float8_e4m3fn:
        shared_up = torch.empty(g.shared_intermediate, g.hidden, dtype=dtype, device=device)
        shared_down = torch.empty(g.hidden, g.shared_intermediate, dtype=dtype, device=device)
        for matrix in (up, down, shared_up, shared_down):
            matrix.normal_(0, matrix.shape[-1] ** -0.5, generator=generator)
        return Layer(up, down, bias, None, shared_up, shared_down)
    scales = Scales(
        x=torch.tensor([_LARGEST_INPUT / FP8_LARGEST], device=device),
        hidden=torch.tensor([_LARGEST_HIDDEN / FP8_LARGEST], device=device),
        up=_fill_fp8(up, g.hidden, generator),
        down=_fill_fp8(down, g.intermediate, generator),
    )
    return Layer(up, down, bias, scales)


def _fill_fp8(matrices: Tensor, fan_in: int, generator: torch.Generator) -> Tensor:
    """Fills one expert at a time, for float32 takes four times the room; returns scales that differ."""
    spread = FP8_LARGEST / _LARGEST_INPUT
    for matrix in matrices:
        drawn = torch.randn(matrix.shape, generator=generator, device=matrix.device) * spread
        matrix.copy_(drawn.clamp(-FP8_LARGEST, FP8_LARGEST).to(matrix.dtype))
    factor = 0.7 + 0.7 * torch.rand(len(matrices), generator=generator, device=matrices.device)
    return factor * (fan_in**-0.5 / spread)


def _logits(geometry: Geometry, kind: Kind, tokens: int, generator: torch.Generator) -> Tensor:
    """`[T, E]`; the K largest are a draw without replacement from the spread (Gumbel's trick)."""
    experts, device = geometry.experts, generator.device
    if kind == "same":
        return torch.randn(1, experts, generator=generator, device=device).repeat(tokens, 1)
    uniform = torch.rand(tokens, experts, generator=generator, device=device).clamp(1e-6, 1 - 1e-6)
    noise = -(-uniform.log()).log()
    if kind == "zipf":
        rank = 1 + torch.randperm(experts, generator=generator, device=device)
        noise = noise - rank.log()
    # Halved, for the sigmoid of a large number is 1, and experts there would tie.
    return 0.5 * noise
