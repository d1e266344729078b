from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from nemotron_kernels.cpu import experts
from nemotron_kernels.reference import routed_experts

TOLERANCE = {torch.float32: 2e-5, torch.bfloat16: 3e-2}


@dataclass(frozen=True)
class Shape:
    tokens: int
    num_experts: int
    top_k: int
    hidden: int
    intermediate: int
    skew: float = 0.0
    reason: str = ""

    def __str__(self) -> str:
        return self.reason.replace(" ", "-")


SHAPES = [
    Shape(0, 8, 2, 16, 8, reason="no tokens at all"),
    Shape(1, 128, 6, 64, 48, reason="one token of decode"),
    Shape(16, 128, 6, 64, 48, reason="last size that gathers"),
    Shape(17, 128, 6, 64, 48, reason="first size that pads"),
    Shape(40, 128, 6, 64, 48, skew=2.0, reason="few tokens, a few busy experts"),
    Shape(200, 128, 6, 64, 48, reason="prefill, balanced"),
    Shape(400, 128, 6, 96, 64, skew=3.0, reason="prefill where padding would be mostly zeros"),
    Shape(3, 4, 2, 264, 256, reason="experts too large to batch"),
    Shape(5, 2, 1, 7, 5, reason="odd sizes and one expert per token"),
    Shape(30, 3, 3, 8, 8, reason="every token chooses every expert"),
]


def draw(shape: Shape, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(7)

    def normal(*size: int) -> Tensor:
        return torch.randn(*size, generator=generator)

    odds = torch.arange(1, shape.num_experts + 1).pow(-shape.skew)
    ids = torch.multinomial(odds.expand(max(shape.tokens, 1), -1), shape.top_k, generator=generator)
    weights = torch.rand(shape.tokens, shape.top_k, generator=generator)
    return (
        normal(shape.tokens, shape.hidden).to(dtype),
        (normal(shape.num_experts, shape.intermediate, shape.hidden) / shape.hidden**0.5).to(dtype),
        (normal(shape.num_experts, shape.hidden, shape.intermediate) / shape.intermediate**0.5).to(dtype),
        ids[: shape.tokens],
        weights / weights.sum(1, keepdim=True),
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_operator_agrees_with_the_oracle(shape: Shape, dtype: torch.dtype) -> None:
    x, up, down, ids, weights = draw(shape, dtype)
    out = torch.ops.nemotron_kernels.relu2_experts(x, up, down, ids, weights)
    assert out.dtype == dtype
    expected = routed_experts(x, up, down, ids, weights)
    torch.testing.assert_close(out.double(), expected, atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("way", [experts.by_gather, experts.by_padding, experts.by_group])
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if 0 < shape.tokens <= 40], ids=str)
def test_each_way_gives_the_same_rows(way: experts.Way, shape: Shape) -> None:
    """Each way is right for any batch, not only for those it is chosen for."""
    x, up, down, ids, _ = draw(shape, torch.float32)
    rows = way(x, up, down, ids)
    for rank in range(shape.top_k):
        alone = routed_experts(x, up, down, ids[:, rank : rank + 1], torch.ones(shape.tokens, 1))
        torch.testing.assert_close(rows[:, rank].double(), alone, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize(
    ("shape", "way"),
    [
        (Shape(16, 128, 6, 64, 48), experts.by_gather),
        (Shape(200, 128, 6, 64, 48), experts.by_padding),
        (Shape(400, 128, 6, 96, 64, skew=3.0), experts.by_group),
        (Shape(1, 4, 2, 264, 256), experts.by_group),
    ],
)
def test_choice(shape: Shape, way: experts.Way) -> None:
    _, up, _, ids, _ = draw(shape, torch.float32)
    assert experts.choose(up, ids) is way


def test_int32_ids_and_inputs_left_alone() -> None:
    """vLLM's router hands out int32 ids, and the caller goes on using the hidden states."""
    x, up, down, ids, weights = draw(Shape(4, 8, 2, 16, 8), torch.float32)
    before = [t.clone() for t in (x, up, down, ids, weights)]
    wide = experts.relu2_experts(x, up, down, ids, weights)
    narrow = experts.relu2_experts(x, up, down, ids.int(), weights)
    torch.testing.assert_close(narrow, wide, atol=0, rtol=0)
    for now, then in zip((x, up, down, ids, weights), before, strict=True):
        torch.testing.assert_close(now, then, atol=0, rtol=0)


@pytest.mark.parametrize("tokens", [0, 3, 40])
def test_operator_is_fit_for_torch_compile(tokens: int) -> None:
    args = draw(Shape(tokens, 16, 2, 16, 8), torch.float32)
    op = torch.ops.nemotron_kernels.relu2_experts.default
    torch.library.opcheck(op, args, test_utils=("test_schema", "test_faketensor"))
