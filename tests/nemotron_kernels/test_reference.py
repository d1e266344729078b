from __future__ import annotations

import math

import torch

from nemotron_kernels.reference import MoEWeights, moe_layer, relu2, route


def logit(score: float) -> float:
    return math.log(score / (1 - score))


def test_bias_chooses_but_does_not_weigh() -> None:
    logits = torch.tensor([[logit(0.6), logit(0.5), logit(0.2)]], dtype=torch.float64)
    bias = torch.tensor([0.0, -1.0, 0.0])
    ids, weights = route(logits, bias, top_k=2)
    assert ids.tolist() == [[0, 2]]
    torch.testing.assert_close(weights, torch.tensor([[0.75, 0.25]], dtype=torch.float64))


def test_lowest_id_wins_a_tie() -> None:
    ids, weights = route(torch.zeros(1, 8), torch.zeros(8), top_k=3)
    assert ids.tolist() == [[0, 1, 2]]
    torch.testing.assert_close(weights, torch.full((1, 3), 1 / 3, dtype=torch.float64))


def test_relu2_is_zero_below_zero() -> None:
    assert relu2(torch.tensor([-3.0, 0.0, 2.0])).tolist() == [0.0, 0.0, 4.0]


def test_layer_by_hand() -> None:
    """H = I = S = 1, one expert chosen of two: 2.5 * (3 * (2x)²) + 5 * (4x)² at x = 1."""
    layer = MoEWeights(
        router=torch.tensor([[1.0], [-1.0]]),
        correction_bias=torch.zeros(2),
        up=torch.tensor([[[2.0]], [[7.0]]]),
        down=torch.tensor([[[3.0]], [[7.0]]]),
        shared_up=torch.tensor([[4.0]]),
        shared_down=torch.tensor([[5.0]]),
    )
    out = moe_layer(torch.ones(1, 1), layer, top_k=1, routed_scale=2.5)
    torch.testing.assert_close(out, torch.tensor([[2.5 * 12 + 80]], dtype=torch.float64))
