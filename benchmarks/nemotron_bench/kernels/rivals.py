"""Who is measured against vLLM's own experts: ours, vLLM by another backend, FlashInfer's for Hopper."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import field as members
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from nemotron_kernels.choice import Choice
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.tune.cases import Case, Kind, Layer, make_case, make_layers
from nemotron_kernels.tune.check import Oracle, oracle
from nemotron_kernels.tune.clock import GraphClock, Program
from nemotron_kernels.tune.contenders import Contender, Ours, Route, our_experts
from nemotron_kernels.tune.field import (
    MOST_LAYERS,
    WEIGHT_DTYPES,
    Dtype,
    beside_shared,
    fitting_layers,
    multiprocessors,
)
from nemotron_kernels.tune.stock import NoStock, Stock, stock_layers

FUSED_MOE = "flashinfer.fused_moe.cute_dsl.sm90_fused_moe"


@dataclass
class Rivals:
    """The layers on the card and who runs them.

    Attributes:
        said: of each baseline what it is, or why it is not here.
        beside: puts the shared expert beside a contender.
    """

    geometry: Geometry
    layers: tuple[Layer, ...]
    experts: tuple[Any, ...]
    stock: Contender | None
    others: list[Contender]
    route: Route | None
    said: dict[str, str]
    beside: Callable[[Contender], Contender] = lambda contender: contender
    clock: GraphClock = members(default_factory=GraphClock)

    def ours(self, choice: Choice) -> Contender:
        """Our kernels by a choice, the shared expert beside them or folded in."""
        contender = Ours(choice, self.experts, self.layers, self.route)
        return contender if choice.folded_shared else self.beside(contender)

    def rivals(self, choice: Choice) -> list[Contender]:
        """All that are measured against vLLM."""
        return [self.ours(choice), *self.others]

    def case(self, kind: Kind, tokens: int) -> Case:
        """A batch."""
        return make_case(self.geometry, self.layers, kind, tokens, torch.bfloat16)

    def oracle(self, case: Case) -> Oracle:
        """What is right in the last layer."""
        return oracle(case, self.layers, len(self.layers) - 1)

    def program(self, contender: Contender, case: Case) -> Program:
        """A graph of all layers."""
        out = case.x.new_empty((2, *case.x.shape))

        def body() -> None:
            for index in range(len(self.layers)):
                contender.run(index, case, out)

        return self.clock.program(body)

    def release(self) -> None:
        """Gives the card's memory back, for profilers that start processes of their own."""
        self.layers, self.experts, self.stock, self.others, self.route = (), (), None, [], None
        gc.collect()
        torch.cuda.empty_cache()


class FlashInfer:
    """FlashInfer's fused experts for Hopper in CuTe DSL, where its release can do relu² without a gate.

    Raises:
        NoStock: it can't be had.
    """

    name = "FlashInfer cute-dsl"

    def __init__(self, geometry: Geometry, layers: tuple[Layer, ...], route: Route) -> None:
        self._geometry, self._layers, self._route = geometry, layers, route
        try:
            call = import_module(FUSED_MOE).cute_dsl_fused_moe_bf16
            activations = import_module("flashinfer.fused_moe.core").ActivationType
        except (ImportError, AttributeError) as error:
            raise NoStock(f"not here: {error}") from error
        names = inspect.signature(call).parameters
        argument = next((name for name in ("activation_type", "activation") if name in names), None)
        if layers[0].scales or argument is None or not hasattr(activations, "Relu2"):
            raise NoStock("not here: this release has no relu² without a gate, or not in this dtype")
        self._call, self._activation = call, {argument: activations.Relu2}

    def run(self, index: int, case: Case, out: Tensor) -> Tensor:
        """See `Contender`."""
        g, layer = self._geometry, self._layers[index]
        ids, weights = self._route(case.logits[index], layer.bias)
        sizes = {"num_experts": g.experts, "top_k": g.top_k}
        self._call(case.x, ids, weights, layer.up, layer.down, **sizes, moe_output=out[0], **self._activation)
        return out[0]


def field(geometry: Geometry, dtype: Dtype, capacity: int, layers: int | None) -> Rivals:
    """Fills the card with layers and finds out who is here."""
    free, _ = torch.cuda.mem_get_info()
    count = fitting_layers(geometry, free, layers or MOST_LAYERS)
    weights = make_layers(geometry, count, WEIGHT_DTYPES[dtype], "cuda")
    experts = our_experts(geometry, weights, capacity, multiprocessors())
    beside, others, said = beside_shared(weights), [], {}
    stock = route = None
    try:
        made = stock_layers(geometry, weights, capacity)
        stock, route = beside(Stock(made)), made.route
        said["A"] = f"vLLM's own classes, backend {made.backend}"
    except NoStock as fault:
        said["A"] = f"not here: {fault}; ours are measured alone, and routing only where it is fused"
    if route is not None:
        for name, contender in _baselines_b(geometry, weights, capacity, route):
            said[name] = contender if isinstance(contender, str) else contender.name
            others += [] if isinstance(contender, str) else [beside(contender)]
    return Rivals(geometry, weights, experts, stock, others, route, said, beside)


def _baselines_b(
    geometry: Geometry, layers: tuple[Layer, ...], capacity: int, route: Route
) -> Iterator[tuple[str, Contender | str]]:
    """FlashInfer's kernels, as vLLM can be told to run them and by themselves; or why not."""
    try:
        yield "B, by vLLM", Stock(stock_layers(geometry, layers, capacity, backend="flashinfer_cutlass"))
    except NoStock as fault:
        yield "B, by vLLM", str(fault)
    try:
        yield "B, cute-dsl", FlashInfer(geometry, layers, route)
    except NoStock as fault:
        yield "B, cute-dsl", str(fault)
