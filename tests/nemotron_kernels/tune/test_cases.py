"""Weights and routings that are measured: what they are called is what they are."""

from __future__ import annotations

import pytest
import torch

from nemotron_kernels.geometry import NANO, Geometry
from nemotron_kernels.reference import route
from nemotron_kernels.tune.cases import KINDS, Case, Kind, Layer, make_case, make_layers
from support.tuning import TINY

WIDE = Geometry(experts=128, top_k=6, hidden=16, intermediate=16, shared_intermediate=32)


@pytest.fixture(scope="module")
def layers() -> tuple[Layer, ...]:
    return make_layers(WIDE, 3, torch.float32, "cpu")


def case(layers: tuple[Layer, ...], kind: Kind, tokens: int) -> Case:
    return make_case(WIDE, layers, kind, tokens, torch.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_what_logits_and_bias_choose(layers: tuple[Layer, ...], kind: Kind) -> None:
    one = case(layers, kind, 32)
    for index, layer in enumerate(layers):
        ids, weights = route(one.logits[index], layer.bias, WIDE.top_k)
        assert torch.equal(one.ids[index].long(), ids)
        torch.testing.assert_close(one.weights[index].double(), weights, rtol=1e-6, atol=0)
        assert one.distinct[index] == len(ids.unique())
        assert all(len(row.unique()) == WIDE.top_k for row in ids)


def test_all_tokens_the_same_reach_k_experts_and_each_layer_others(layers: tuple[Layer, ...]) -> None:
    one = case(layers, "same", 64)
    assert one.distinct == (6, 6, 6)
    assert len({tuple(ids[0].tolist()) for ids in one.ids}) == 3


def test_even_routing_reaches_as_many_as_the_formula_says(layers: tuple[Layer, ...]) -> None:
    for tokens in (4, 16, 64):
        found = [case(layers, "uniform", tokens)] + [
            make_case(WIDE, layers, "uniform", tokens, torch.float32, seed=seed) for seed in range(1, 9)
        ]
        mean = sum(one.mean_distinct for one in found) / len(found)
        assert mean == pytest.approx(NANO.distinct_experts(tokens), rel=0.05)


def test_zipf_lies_between_and_prefers_other_experts_in_each_layer(layers: tuple[Layer, ...]) -> None:
    tokens = 64
    counts = [one.distinct[0] for one in (case(layers, kind, tokens) for kind in ("same", "zipf", "uniform"))]
    assert counts == sorted(counts)
    assert len(set(counts)) == 3
    large = case(layers, "zipf", 2000)
    favourites = [int(ids.flatten().bincount(minlength=128).argmax()) for ids in large.ids]
    assert len(set(favourites)) == 3
    shares = large.ids[0].flatten().bincount(minlength=128).sort(descending=True).values / 2000
    assert shares[0] > 0.5  # rank 1 of 1/rank, drawn six times without putting back
    assert shares[-1] < 0.05


def test_a_seed_repeats_and_layers_differ() -> None:
    first, again = (make_layers(TINY, 2, torch.bfloat16, "cpu", seed=7) for _ in range(2))
    assert torch.equal(first[1].up, again[1].up)
    assert not torch.equal(first[0].up, first[1].up)
    one, two = (make_case(TINY, first, "uniform", 5, torch.bfloat16, seed=1) for _ in range(2))
    assert torch.equal(one.x, two.x)
    assert torch.equal(one.logits[1], two.logits[1])


def test_fp8_weights_stand_for_the_same_sizes() -> None:
    layer = make_layers(TINY, 1, torch.float8_e4m3fn, "cpu")[0]
    assert layer.scales
    assert layer.shared_up is None
    assert layer.up.dtype == torch.float8_e4m3fn
    real = layer.up.float() * layer.scales.up[:, None, None]
    assert 0.6 < float(real.std()) * TINY.hidden**0.5 < 1.5
    assert layer.scales.up.unique().numel() == TINY.experts
