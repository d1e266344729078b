"""Who competes on what: on a card, vLLM's experts and ours on the same layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from nemotron_kernels import reference
from nemotron_kernels.choice import Choice
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.tune.candidates import TileConfig
from nemotron_kernels.tune.cases import Kind, Layer, make_case, make_layers
from nemotron_kernels.tune.clock import Clock, GraphClock
from nemotron_kernels.tune.contenders import Contender, Ours, WithShared, our_experts
from nemotron_kernels.tune.search import Arena
from nemotron_kernels.tune.stock import NoStock, Stock, StockLayers, stock_layers

Dtype = Literal["bf16", "fp8"]
WEIGHT_DTYPES = {"bf16": torch.bfloat16, "fp8": torch.float8_e4m3fn}
FILE_DTYPES: dict[Dtype, str | None] = {"bf16": None, "fp8": "fp8_w8a8"}
"""As vLLM names them in its files."""
MOST_LAYERS = 20
MEMORY_SHARE = 0.7
"""Of what is free: the rest is for batches, graphs and vLLM's scratch."""


@dataclass(frozen=True, slots=True)
class Field:
    """Who competes, on what.

    Attributes:
        geometry: of the layer.
        layers: weights.
        x_dtype: of the inputs.
        clock: times.
        stock: vLLM's experts with given tiles, or with those it chooses itself.
        ours: our kernels by a choice.
        current: the tiles that vLLM uses at a token count; None where its experts have none to tune.
    """

    geometry: Geometry
    layers: tuple[Layer, ...]
    x_dtype: torch.dtype
    clock: Clock
    stock: Callable[[TileConfig | None], Contender]
    ours: Callable[[Choice], Contender]
    current: Callable[[int], TileConfig] | None

    @property
    def weight_bytes(self) -> int:
        """Bytes of one weight."""
        return int(self.layers[0].up.element_size())

    def arenas(self, tokens: int, kinds: Sequence[Kind], baseline: Contender) -> list[Arena]:
        """A case of each kind."""
        return [
            Arena(
                make_case(self.geometry, self.layers, kind, tokens, self.x_dtype),
                self.layers,
                self.clock,
                baseline,
            )
            for kind in kinds
        ]


class TooSmall(RuntimeError):
    """The card has too little free memory; the message says how much is needed."""


def fitting_layers(geometry: Geometry, free_bytes: int, wanted: int = MOST_LAYERS) -> int:
    """How many layers of weights fit.

    Raises:
        TooSmall: fewer than two, which would leave one layer's weights in the cache.
    """
    # FlashInfer's form of FP8 weights is padded, so it is a copy, and both together take as much as bf16.
    layer_bytes = 2 * (geometry.experts + geometry.shared_experts) * geometry.expert_elements
    fit = int(MEMORY_SHARE * free_bytes // layer_bytes)
    if fit < 2:
        need_gb, free_gb = 2 * layer_bytes / MEMORY_SHARE / 1e9, free_bytes / 1e9
        raise TooSmall(
            f"{need_gb:.0f} GB of the card must be free, and {free_gb:.0f} GB are: stop what uses it"
        )
    return min(fit, wanted)


def on_card(geometry: Geometry, dtype: Dtype, capacity: int, layers: int) -> tuple[Field, StockLayers]:
    """The field on this machine's first card.

    Args:
        geometry: sizes.
        dtype: of the weights.
        capacity: the most tokens of a batch.
        layers: see `fitting_layers`.

    Raises:
        NoStock: vLLM is not here, or has no such experts.
    """
    weights = make_layers(geometry, layers, WEIGHT_DTYPES[dtype], "cuda")
    stock = stock_layers(geometry, weights, capacity)
    beside = beside_shared(weights)
    experts = our_experts(geometry, weights, capacity, multiprocessors())

    def ours(choice: Choice) -> Contender:
        contender = Ours(choice, experts, weights, stock.route)
        return contender if choice.folded_shared else beside(contender)

    field = Field(
        geometry,
        weights,
        torch.bfloat16,
        GraphClock(),
        lambda config: beside(Stock(stock, config)),
        ours,
        stock.current_config if stock.has_tiles else None,
    )
    return field, stock


def beside_shared(layers: tuple[Layer, ...]) -> Callable[[Contender], Contender]:
    """Puts the shared expert beside a contender, where the layers have one."""
    if layers[0].shared_up is None:
        return lambda contender: contender
    relu2 = torch.compile(reference.relu2, dynamic=True)  # one launch, as vLLM's compiler makes of it
    return lambda contender: WithShared(contender, layers, relu2)


def multiprocessors() -> int:
    """Of the card."""
    return int(torch.cuda.get_device_properties(0).multi_processor_count)


__all__ = [
    "FILE_DTYPES",
    "MOST_LAYERS",
    "Dtype",
    "Field",
    "NoStock",
    "TooSmall",
    "beside_shared",
    "fitting_layers",
    "multiprocessors",
    "on_card",
]
