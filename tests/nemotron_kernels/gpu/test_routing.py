"""The routing kernel under Triton's interpreter: choices as the reference's, buckets as invariants."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nemotron_kernels.geometry import Geometry
from nemotron_kernels.reference import route
from support.interpreted import batch as batches
from support.interpreted import routing, workspace
from support.moe import SMALL, draw_logits

ROWS = 16
COUNTS = [
    pytest.param(0, id="no token"),
    pytest.param(1, id="one token"),
    pytest.param(5, id="fewer than a program takes"),
    pytest.param(6, id="as many as places"),
    pytest.param(7, id="one less than a program takes"),
    pytest.param(8, id="one program full"),
    pytest.param(9, id="a second program for one token"),
    pytest.param(257, id="many programs and a tail"),
]
KINDS = ["uniform", "skewed", "same"]


class Router:
    """A workspace, and what was routed into it."""

    def __init__(self, geometry: Geometry = SMALL, capacity: int = 300) -> None:
        self.geometry = geometry
        self.workspace = workspace.Workspace(geometry, capacity, "cpu")
        up = torch.empty(geometry.experts, geometry.intermediate, geometry.hidden)
        self.layer = batches.Layer(geometry, up, up.mT.contiguous(), self.workspace)

    def route(
        self, logits: Tensor, bias: Tensor, *, rows: int = ROWS, shared: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Ids and weights as chosen; what is not written stays absurd."""
        g, tokens = self.geometry, len(logits)
        ids = torch.full((tokens, g.top_k), -7, dtype=torch.int32)
        weights = torch.full((tokens, g.top_k), float("nan"))
        x = torch.empty(tokens, g.hidden)
        batch = batches.Batch(x, x, ids, weights, batches.Routing(logits, bias))
        routing.route(self.layer, batch, rows=rows, shared=shared)
        return ids, weights

    def tiles(self) -> list[tuple[int, int, int]]:
        """Expert, first place in its bucket and number of rows, of each tile."""
        w = self.workspace
        columns = (part[: int(w.num_tiles)].tolist() for part in (w.tile_expert, w.tile_first, w.tile_rows))
        return list(zip(*columns, strict=True))

    def buckets(self) -> list[list[int]]:
        """The rows of each expert, as its tiles have them."""
        rows: list[list[int]] = [[] for _ in range(self.geometry.experts)]
        for expert, first, count in self.tiles():
            if expert < len(rows):
                rows[expert] += self.workspace.bucket[expert, first : first + count].tolist()
        return rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokens", COUNTS)
def test_choices_are_those_of_the_reference(tokens: int, kind: str) -> None:
    logits = draw_logits(SMALL, tokens, kind)
    bias = torch.randn(SMALL.experts, generator=torch.Generator().manual_seed(1)) * 0.1
    ids, weights = Router().route(logits, bias)
    expected_ids, expected_weights = route(logits, bias, SMALL.top_k)
    assert torch.equal(ids.long(), expected_ids)
    torch.testing.assert_close(weights.double(), expected_weights, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("rows", [16, 64])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokens", COUNTS)
def test_each_row_stands_once_in_its_experts_bucket_and_tiles_cover_all(
    tokens: int, kind: str, rows: int
) -> None:
    router = Router()
    for attempt in range(2):  # counters must be back at zero after the first
        ids, _ = router.route(
            draw_logits(SMALL, tokens, kind, seed=attempt), torch.zeros(SMALL.experts), rows=rows
        )
        buckets = router.buckets()
        for expert, bucket in enumerate(buckets):
            assert sorted(bucket) == (ids.flatten() == expert).nonzero().flatten().tolist()
        covered = [
            (expert, first, min(rows, len(bucket) - first))
            for expert, bucket in enumerate(buckets)
            for first in range(0, len(bucket), rows)
        ]
        assert router.tiles() == covered
        most = workspace.most_tiles(SMALL, tokens, rows, shared=False)
        assert len(covered) <= most
        assert not router.workspace.counters.any()
        assert not router.workspace.done.any()


@pytest.mark.parametrize("tokens", [1, 16, 17, 40])
def test_shared_expert_takes_every_token_as_further_experts(tokens: int) -> None:
    router = Router()
    router.route(draw_logits(SMALL, tokens, "uniform"), torch.zeros(SMALL.experts), shared=True)
    shared = [tile for tile in router.tiles() if tile[0] >= SMALL.experts]
    firsts = range(0, tokens, ROWS)
    wanted = [(SMALL.experts + s, first, min(ROWS, tokens - first)) for s in range(2) for first in firsts]
    assert shared == wanted
    assert len(router.tiles()) <= workspace.most_tiles(SMALL, tokens, ROWS, shared=True)


def test_lowest_ids_win_a_tie() -> None:
    logits = torch.zeros(3, SMALL.experts)
    logits[1, 100] = 1.0
    logits[2, :] = -2.0
    logits[2, [7, 90, 91]] = 0.5
    ids, _ = Router().route(logits, torch.zeros(SMALL.experts))
    assert ids.tolist() == [[0, 1, 2, 3, 4, 5], [100, 0, 1, 2, 3, 4], [7, 90, 91, 0, 1, 2]]


def test_bias_chooses_and_does_not_weigh() -> None:
    logits = torch.zeros(1, SMALL.experts)
    logits[0, 3] = 2.0
    bias = torch.zeros(SMALL.experts)
    bias[[40, 50, 60, 70, 80]] = 5.0
    ids, weights = Router().route(logits, bias)
    assert ids.tolist() == [[40, 50, 60, 70, 80, 3]]
    scores = torch.tensor([0.5] * 5 + [torch.tensor(2.0).sigmoid()])
    torch.testing.assert_close(weights[0], scores / scores.sum())


def test_negative_biased_scores_are_ordered() -> None:
    bias = torch.linspace(-3.0, -1.0, SMALL.experts)
    ids, _ = Router().route(torch.zeros(1, SMALL.experts), bias)
    assert ids.tolist() == [[127, 126, 125, 124, 123, 122]]


def test_what_is_not_a_number_ranks_last_and_stays_with_its_token() -> None:
    logits = draw_logits(SMALL, 4, "uniform")
    logits[1, ::2] = float("nan")
    logits[2] = float("nan")
    logits[3, 5] = float("inf")
    ids, weights = Router().route(logits, torch.zeros(SMALL.experts))
    expected, _ = route(logits, torch.zeros(SMALL.experts), SMALL.top_k)
    assert torch.equal(ids.long(), expected)
    assert ids[1].remainder(2).all(), "only finite scores"
    assert ids[2].tolist() == [0, 1, 2, 3, 4, 5], "ids are always those of experts"
    assert ids[3, 0] == 5
    assert weights.isnan().any(1).tolist() == [False, False, True, False]


def test_given_ids_are_only_spread() -> None:
    router = Router()
    g = SMALL
    ids = torch.tensor([[5, 9, 100, 3, 2, 1], [5, 127, 0, 8, 7, 6]], dtype=torch.int64)
    x = torch.empty(2, g.hidden)
    routing.route(router.layer, batches.Batch(x, x, ids, torch.rand(2, 6)), rows=ROWS)
    assert sorted(router.buckets()[5]) == [0, 6]
    assert router.buckets()[127] == [7]
    assert sum(map(len, router.buckets())) == 12


def test_most_tiles_is_reached_and_never_passed() -> None:
    """Grids of a captured graph are made for the worst routing."""
    g = Geometry(experts=4, top_k=2, hidden=16, intermediate=16, shared_intermediate=16)
    for tokens in range(1, 40):
        worst = 0
        routes = tokens * g.top_k
        for a in range(tokens + 1):
            counts = [a, tokens - a, tokens - a, a]
            assert sum(counts) == routes
            worst = max(worst, sum(-(-c // 16) for c in counts))
        assert worst <= workspace.most_tiles(g, tokens, 16, shared=False) <= min(routes, worst + g.experts)
