"""What competes: implementations of one layer's routing and routed experts, behind one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from torch import Tensor

from nemotron_kernels.choice import Choice
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.tune.cases import Case, Layer

if TYPE_CHECKING:
    from nemotron_kernels.gpu.layer import Experts

Route = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""From router logits `[T, E]` and bias `[E]` to ids and weights `[T, K]`: vLLM's kernel, where ours don't."""


class Contender(Protocol):
    """An implementation of all layers."""

    @property
    def name(self) -> str:
        """For tables."""
        ...

    def run(self, index: int, case: Case, out: Tensor) -> Tensor:
        """Launches one layer, from router logits to the weighted sum of the experts.

        Args:
            index: of the layer.
            case: its inputs.
            out: `[T, H]`, which may be used.

        Returns:
            `[T, H]`: `out`, or memory of its own.
        """
        ...


class Ours:
    """Our kernels by one choice.

    Args:
        choice: any way but stock.
        experts: of each layer; see `our_experts`.
        layers: their weights.
        route: chooses the experts where the choice doesn't; None takes the case's own, without a launch.
    """

    def __init__(
        self, choice: Choice, experts: Sequence[Experts], layers: Sequence[Layer], route: Route | None = None
    ) -> None:
        self.choice = choice
        self._experts, self._layers, self._route = experts, layers, route

    @property
    def name(self) -> str:
        """Such as `stream 16x64x128 w4 s4`."""
        return describe(self.choice)

    def run(self, index: int, case: Case, out: Tensor) -> Tensor:
        """See `Contender`."""
        from nemotron_kernels.gpu.layer import Routing

        experts, bias = self._experts[index], self._layers[index].bias
        if self.choice.fused_routing:
            experts.run(self.choice, case.x, out, routing=Routing(case.logits[index], bias))
            return out
        if self._route:
            ids, weights = self._route(case.logits[index], bias)
        else:
            ids, weights = case.ids[index], case.weights[index]
        experts.run(self.choice, case.x, out, ids=ids, weights=weights)
        return out


def our_experts(
    geometry: Geometry, layers: Sequence[Layer], capacity: int, multiprocessors: int
) -> tuple[Experts, ...]:
    """Each layer in the form that our kernels take, on one workspace for up to `capacity` tokens."""
    from nemotron_kernels.gpu.layer import Experts, Fp8Scales
    from nemotron_kernels.gpu.workspace import Workspace

    workspace = Workspace(geometry, capacity, layers[0].up.device)
    made = []
    for layer in layers:
        scales = layer.scales and Fp8Scales(
            layer.scales.x, layer.scales.hidden, layer.scales.up, layer.scales.down
        )
        options = {"scales": scales, "multiprocessors": multiprocessors}
        made.append(Experts(geometry, layer.up, layer.down, workspace, **options))
    return tuple(made)


def describe(choice: Choice) -> str:
    """A choice in one line."""
    if not (choice.up and choice.down):
        return "stock"
    words: list[str] = [choice.way]
    for tile in dict.fromkeys((choice.up, choice.down)):
        waves = f" v{tile.waves}" if tile.waves else ""
        words.append(f"{tile.rows}x{tile.columns}x{tile.depth} w{tile.warps} s{tile.stages}{waves}")
    flags = ("fused_routing", "folded_shared", "early_start")
    return " ".join([*words, *(flag.replace("_", "-") for flag in flags if getattr(choice, flag, False))])
