"""What competes: implementations of one layer's routing and routed experts, behind one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from nemotron_kernels.choice import Choice
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.tune.cases import Case, Layer

if TYPE_CHECKING:
    from nemotron_kernels.gpu.layer import Experts

Route = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""From router logits `[T, E]` and bias `[E]` to ids and weights `[T, K]`: vLLM's kernel, where ours don't."""


SECOND_STREAM_TOKENS = 256
"""Up to so many vLLM runs the shared expert on a second stream; see its envs.py."""


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
            out: `[2, T, H]`, memory for the routed experts' sum and for the shared expert's output.

        Returns:
            The sum, `[T, H]`, in `out[0]` or in memory of its own; all of `out`, where the shared expert is
            folded in.
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

        bias = self._layers[index].bias
        routed: dict[str, Any] = {}
        if self.choice.fused_routing:
            routed["routing"] = Routing(case.logits[index], bias)
        elif self._route:
            routed["ids"], routed["weights"] = self._route(case.logits[index], bias)
        else:
            routed["ids"], routed["weights"] = case.ids[index], case.weights[index]
        if self.choice.folded_shared:
            routed["shared_out"] = out[1]
        self._experts[index].run(self.choice, case.x, out[0], **routed)
        return out if self.choice.folded_shared else out[0]


class WithShared:
    """A contender with the shared expert beside it, as vLLM runs it where nobody folds it in.

    Args:
        inner: the routed experts.
        layers: weights.
        relu2: the activation, in as few launches as vLLM's compiler makes of it.
    """

    def __init__(self, inner: Contender, layers: Sequence[Layer], relu2: Callable[[Tensor], Tensor]) -> None:
        self._inner, self._layers, self._relu2 = inner, layers, relu2
        self._second = torch.cuda.Stream() if layers[0].up.is_cuda else None

    @property
    def name(self) -> str:
        """The inner one's."""
        return self._inner.name

    def run(self, index: int, case: Case, out: Tensor) -> Tensor:
        """See `Contender`."""
        if self._second is None or case.tokens > SECOND_STREAM_TOKENS:
            self._shared(index, case)
            return self._inner.run(index, case, out)
        first = torch.cuda.current_stream()
        self._second.wait_stream(first)
        with torch.cuda.stream(self._second):
            self._shared(index, case)
        result = self._inner.run(index, case, out)
        first.wait_stream(self._second)
        return result

    def _shared(self, index: int, case: Case) -> Tensor:
        layer = self._layers[index]
        assert layer.shared_up is not None
        assert layer.shared_down is not None
        return self._relu2(case.x @ layer.shared_up.T) @ layer.shared_down.T


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
        options = {
            "scales": scales,
            "multiprocessors": multiprocessors,
            "shared_up": layer.shared_up,
            "shared_down": layer.shared_down,
        }
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
