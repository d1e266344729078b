"""Whether a kernel is right, before anyone asks how fast it is.

Errors are relative, of the worst sampled token, against float64. Ours may not be larger than vLLM's own
kernels make on the same inputs, or than a bound of the dtype, whichever is larger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from nemotron_kernels import reference
from nemotron_kernels.tune.cases import Case, Layer
from nemotron_kernels.tune.contenders import Contender

SAMPLED = 64
CLEAR = 1e-5
"""Where the last chosen expert's score is this near to the next one's, another choice is right, too."""
BOUNDS = {torch.float32: 1e-5, torch.float16: 1e-3, torch.bfloat16: 6e-3, torch.float8_e4m3fn: 8e-2}
"""By dtype of the weights: a few roundings of a number's last bit, which add up over a row as noise does."""


class WrongResult(ValueError):
    """A kernel's output is not what it should be; the message says by how much."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """What is right for some tokens of a case in one layer.

    Attributes:
        case: the inputs.
        index: of the layer.
        rows: `[R]`, the sampled tokens.
        expected: `[1 or 2, R, H]` float64: the routed experts' sum and, if there is one, the shared expert.
        bound: the error that any kernel may make in this dtype.
    """

    case: Case
    index: int
    rows: Tensor
    expected: Tensor
    bound: float

    def error(self, out: Tensor) -> float:
        """Relative error of the worst sampled token; infinite if any number is not finite.

        Args:
            out: what a contender returned.
        """
        out = out if out.dim() == 3 else out[None]
        if out.shape[1:] != self.case.x.shape or not torch.isfinite(out).all():
            return math.inf
        got, expected = out[:, self.rows].to(self.expected), self.expected[: len(out)]
        return float(((got - expected).norm(dim=-1) / expected.norm(dim=-1)).max())

    def measure(self, contender: Contender) -> float:
        """Error of a contender, the worse of two runs: counters must be as before after the first.

        The output is NaN before each run, so that nothing that a run leaves out can pass.
        """
        errors = []
        for _ in range(2):
            out = self.case.x.new_full((2, *self.case.x.shape), math.nan)
            errors.append(self.error(contender.run(self.index, self.case, out)))
        return max(errors)

    def require(self, contender: Contender, stock_error: float = 0.0) -> float:
        """The contender's error, if it is allowed.

        Args:
            contender: what is checked.
            stock_error: what vLLM's own kernels make.

        Raises:
            WrongResult: it is larger than both `stock_error` and the dtype's bound.
        """
        error = self.measure(contender)
        limit = max(self.bound, stock_error if math.isfinite(stock_error) else 0.0)
        if not error <= limit:
            raise WrongResult(f"error {error:.2g} against float64 is above {limit:.2g}")
        return error


def oracle(case: Case, layers: tuple[Layer, ...], index: int) -> Oracle:
    """Computes what is right for up to `SAMPLED` tokens, spread over the batch.

    Raises:
        ValueError: no token's choice of experts is clear.
    """
    layer = layers[index]
    rows = _rows(case, layer, index)
    ids, weights = case.ids[index][rows].long(), case.weights[index][rows].double()
    if layer.scales:
        # relu² of a scaled product is the product's relu² with the scale squared.
        weights = weights * layer.scales.down.double()[ids] * layer.scales.up.double()[ids].square()
    with case.x.device:
        routed = reference.routed_experts(case.x[rows], layer.up, layer.down, ids, weights)
    expected = [routed]
    if layer.shared_up is not None and layer.shared_down is not None:
        expected.append(reference.shared_expert(case.x[rows], layer.shared_up, layer.shared_down))
    return Oracle(case, index, rows, torch.stack(expected), BOUNDS[layer.up.dtype])


def _rows(case: Case, layer: Layer, index: int) -> Tensor:
    """Tokens whose K experts stand clear of the next one, the first and the last of them included."""
    top_k = case.ids[index].shape[1]
    scores = case.logits[index].double().sigmoid() + layer.bias.double()
    best = scores.topk(top_k + 1, dim=1).values
    clear = (best[:, top_k - 1] - best[:, top_k] > CLEAR).nonzero().flatten()
    if not len(clear):
        raise ValueError("no token of this case chooses its experts clearly: draw another one")
    spread = torch.linspace(0, len(clear) - 1, min(SAMPLED, len(clear)), device=clear.device).round().long()
    return clear[spread]
