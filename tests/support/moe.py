"""Random layers and routings for tests of the experts."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from nemotron_kernels.geometry import Geometry
from nemotron_kernels.reference import route

SMALL = Geometry(experts=128, top_k=6, hidden=80, intermediate=96, shared_intermediate=192)
"""Sizes that 64 columns and 32 features in a step don't divide: every tail is met."""


@dataclass(frozen=True)
class Weights:
    """One layer; see `nemotron_kernels.reference.MoEWeights`."""

    up: Tensor
    down: Tensor
    shared_up: Tensor
    shared_down: Tensor
    bias: Tensor


def draw_weights(geometry: Geometry, dtype: torch.dtype = torch.float32, seed: int = 3) -> Weights:
    """Each product keeps the size of its input."""
    g, generator = geometry, torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return (torch.randn(shape, generator=generator) / shape[-1] ** 0.5).to(dtype)

    return Weights(
        normal(g.experts, g.intermediate, g.hidden),
        normal(g.experts, g.hidden, g.intermediate),
        normal(g.shared_intermediate, g.hidden),
        normal(g.hidden, g.shared_intermediate),
        torch.randn(g.experts, generator=generator) * 0.05,
    )


def draw_logits(geometry: Geometry, tokens: int, kind: str, seed: int = 5) -> Tensor:
    """Router logits `[T, E]`: `uniform`, `skewed` (a few experts get most), `same` (all tokens alike)."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(max(tokens, 1), geometry.experts, generator=generator)
    if kind == "skewed":
        logits += 3.0 * torch.randn(geometry.experts, generator=generator)
    elif kind == "same":
        logits = logits[:1].expand(max(tokens, 1), -1)
    else:
        assert kind == "uniform"
    return logits[:tokens].contiguous()


@dataclass(frozen=True)
class Case:
    """A batch with its routing by the reference."""

    x: Tensor
    logits: Tensor
    ids: Tensor
    weights: Tensor


def draw_batch(
    geometry: Geometry, tokens: int, kind: str, bias: Tensor, dtype: torch.dtype = torch.float32
) -> Case:
    """A batch; `ids` as vLLM hands them out, in int32."""
    logits = draw_logits(geometry, tokens, kind)
    x = torch.randn(tokens, geometry.hidden, generator=torch.Generator().manual_seed(11)).to(dtype)
    ids, weights = route(logits, bias, geometry.top_k)
    return Case(x, logits, ids.int(), weights.float())


def relative_error(out: Tensor, expected: Tensor) -> float:
    """The norm of the difference over that of what is right; NaN where anything is."""
    if not expected.numel():
        return 0.0
    return float((out.double() - expected).norm() / expected.norm())
