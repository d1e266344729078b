"""The whole search with our real kernels, which Triton's interpreter runs on the CPU, by the wall clock."""

from __future__ import annotations

import time

import pytest
import torch

from nemotron_kernels import reference
from nemotron_kernels.choice import Choice
from nemotron_kernels.dispatch import Dispatch
from nemotron_kernels.tune.candidates import choices
from nemotron_kernels.tune.cases import Layer, make_case, make_layers
from nemotron_kernels.tune.check import oracle
from nemotron_kernels.tune.climb import Field, Plan, climb
from nemotron_kernels.tune.clock import WallClock
from nemotron_kernels.tune.contenders import Contender, Ours, WithShared, our_experts
from nemotron_kernels.tune.ladder import ranges
from nemotron_kernels.tune.search import Effort
from support.interpreted import launch  # first: it switches the interpreter on
from support.tuning import TINY, TorchExperts

assert launch.INTERPRETED
MOST_TOKENS = 24


@pytest.fixture(scope="module")
def layers() -> tuple[Layer, ...]:
    return make_layers(TINY, 2, torch.float32, "cpu")


def ours(layers: tuple[Layer, ...], choice: Choice) -> Contender:
    experts = our_experts(TINY, layers, MOST_TOKENS, multiprocessors=3)
    contender = Ours(choice, experts, layers)
    return contender if choice.folded_shared else WithShared(contender, layers, reference.relu2)


@pytest.mark.parametrize("tokens", [1, 20])
def test_every_reasoned_candidate_is_right(layers: tuple[Layer, ...], tokens: int) -> None:
    case = make_case(TINY, layers, "uniform", tokens, torch.float32)
    truth = oracle(case, layers, 1)
    for choice in choices(TINY, tokens, 4, quick=True):
        assert truth.require(ours(layers, choice)) < 1e-5


def test_a_search_from_weights_to_ranges(layers: tuple[Layer, ...]) -> None:
    class Slow(TorchExperts):
        """Stock that takes longer than any interpreter."""

        def run(self, index: int, case: object, out: torch.Tensor) -> torch.Tensor:
            time.sleep(0.5)
            return super().run(index, case, out)

    field = Field(
        TINY,
        layers,
        torch.float32,
        WallClock(),
        lambda config: Slow(layers, "stock"),
        lambda choice: ours(layers, choice),
        None,
    )
    plan = Plan(tokens=(20,), checked=(), kinds=("uniform", "same"), effort=Effort(1, 1, 1, 1), quick=True)
    outcome = climb(field, plan)
    assert [row.tokens for row in outcome.rows] == [20]
    for row in outcome.rows:
        assert not row.verdict.rejected
        assert row.verdict.error is not None
        assert row.verdict.error < 1e-5
        assert row.distinct["same"] == TINY.top_k
    assert all(rung.won for rung in outcome.rungs)
    assert Dispatch(ranges(outcome.rungs)).choose(20).way == "stream"
