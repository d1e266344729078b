"""The mixture-of-experts layer of Nemotron 3 Nano, written for reading and computed in float64.

The layer routes each token to K of E experts and adds one shared expert that every token passes:

    y = scale * sum_k w_k * down[e_k](relu(up[e_k](x))^2)  +  shared_down(relu(shared_up(x))^2)

Experts are non-gated: two matrices each, no gate matrix. Every kernel of this package is tested against
these functions. Shapes: T tokens, E experts, K experts per token, H hidden, I expert intermediate,
S shared intermediate.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class MoEWeights:
    """Weights of one layer, in any floating dtype.

    Attributes:
        router: `[E, H]`.
        correction_bias: `[E]`; steers which experts are chosen, never how much they weigh.
        up: `[E, I, H]`.
        down: `[E, H, I]`.
        shared_up: `[S, H]`.
        shared_down: `[H, S]`.
    """

    router: Tensor
    correction_bias: Tensor
    up: Tensor
    down: Tensor
    shared_up: Tensor
    shared_down: Tensor


def relu2(x: Tensor) -> Tensor:
    """Squared ReLU, the activation of every MLP in the model."""
    return x.clamp(min=0).square()


def route(logits: Tensor, correction_bias: Tensor, top_k: int) -> tuple[Tensor, Tensor]:
    """Chooses K experts for each token.

    An expert is chosen by its biased score `sigmoid(logit) + bias`, the lowest id winning a tie, and
    weighted by its unbiased score, renormalised over the chosen. A score that is not finite ranks last, so
    ids are always those of experts; if it is chosen for want of others, the token's weights are NaN.

    Args:
        logits: `[T, E]`.
        correction_bias: `[E]`.
        top_k: K.

    Returns:
        Expert ids `[T, K]` (int64) and their weights `[T, K]` (float64; each row sums to 1).
    """
    scores = logits.double().sigmoid()
    biased = scores + correction_bias.double()
    biased = torch.where(biased.isfinite(), biased, -torch.inf)
    ranked = biased.sort(dim=-1, descending=True, stable=True).indices
    ids = ranked[:, :top_k]
    chosen = scores.gather(1, ids)
    return ids, chosen / (chosen.sum(dim=-1, keepdim=True) + 1e-20)


def routed_experts(x: Tensor, up: Tensor, down: Tensor, ids: Tensor, weights: Tensor) -> Tensor:
    """Weighted sum of the chosen experts' outputs, `[T, H]` in float64; `x` is `[T, H]`."""
    out = torch.zeros(x.shape, dtype=torch.float64, device=x.device)
    for token, (experts, shares) in enumerate(zip(ids.tolist(), weights.double(), strict=True)):
        for expert, share in zip(experts, shares, strict=True):
            hidden = relu2(up[expert].double() @ x[token].double())
            out[token] += share * (down[expert].double() @ hidden)
    return out


def moe_layer(x: Tensor, layer: MoEWeights, *, top_k: int, routed_scale: float) -> Tensor:
    """The whole layer, `[T, H]` in float64; `x` is `[T, H]`."""
    x = x.double()
    ids, weights = route(x @ layer.router.double().T, layer.correction_bias, top_k)
    routed = routed_experts(x, layer.up, layer.down, ids, weights)
    return routed_scale * routed + shared_expert(x, layer.shared_up, layer.shared_down)


def shared_expert(x: Tensor, up: Tensor, down: Tensor) -> Tensor:
    """The expert that every token passes, `[T, H]` in float64, of `x` `[T, H]`."""
    return relu2(x.double() @ up.double().T) @ down.double().T


def quantise(x: Tensor, step: float) -> Tensor:
    """What FP8 (e4m3) keeps of `x` where one step of it stands for `step`, in float64."""
    return (x.float() / step).clamp(-448, 448).to(torch.float8_e4m3fn).double() * step


def fp8_experts(
    x: Tensor, up: Tensor, down: Tensor, ids: Tensor, weights: Tensor, *, x_step: float, hidden_step: float
) -> Tensor:
    """`routed_experts` whose inputs, and the inputs of whose second product, are rounded to FP8.

    Args:
        x: `[T, H]`.
        up: `[E, I, H]`, what the FP8 weights stand for.
        down: `[E, H, I]`, likewise.
        ids: `[T, K]`.
        weights: `[T, K]`.
        x_step: what one step of an input stands for.
        hidden_step: likewise, of an input of the second product.
    """
    x = quantise(x, x_step)
    out = torch.zeros(x.shape, dtype=torch.float64, device=x.device)
    for token, (experts, shares) in enumerate(zip(ids.tolist(), weights.double(), strict=True)):
        for expert, share in zip(experts, shares, strict=True):
            hidden = quantise(relu2(up[expert].double() @ x[token]), hidden_step)
            out[token] += share * (down[expert].double() @ hidden)
    return out
