"""Our experts behind vLLM's own kernel object, in bf16 and FP8."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from support.probes import run

pytestmark = pytest.mark.engine

MOST_ERROR = {"bf16": 0.005, "fp8": 0.05}
"""FP8 keeps three bits after the leading one: 2^-4 of a number at most, and half of that on average."""


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    return run(Path(__file__).with_name("experts_probe.py"))


@pytest.mark.parametrize("dtype", MOST_ERROR)
def test_each_way_gives_the_experts_sum_also_after_a_reload(seen: dict[str, Any], dtype: str) -> None:
    errors = seen["errors"][dtype]
    assert set(errors) == {"1", "4", "5", "3"}
    assert max(errors.values()) < MOST_ERROR[dtype]


def test_what_no_range_has_goes_to_vllms_experts_which_quantise(seen: dict[str, Any]) -> None:
    """Inputs come unquantised in FP8, too, for our kernels quantise as they route."""
    assert seen["stock"] == {
        "bf16": {"dtype": "torch.bfloat16", "quantises": False, "has room": True},
        "fp8": {"dtype": "torch.bfloat16", "quantises": True, "has room": True},
    }


def test_a_batch_beyond_the_memory_stays_vllms(seen: dict[str, Any]) -> None:
    assert seen["beyond"] == ["blocks", "stock"]


def test_scratch_never_shrinks_and_is_vllms_where_nothing_is_ours(seen: dict[str, Any]) -> None:
    """80 wide inputs, 96 wide experts; at 2 to 4 tokens the shared expert goes along in two halves."""
    parts, hidden, stock_first, stock_second = seen["rooms"]
    assert stock_first == stock_second == [tokens * 6 * 96 for tokens in range(1, 13)]
    assert parts[0] == hidden[0] == 6 * 96, "a vector needs no more"
    assert parts[1:] == [tokens * 8 * 80 for tokens in (2, 3, 4)] + [
        tokens * 6 * 96 for tokens in range(5, 13)
    ]
    assert hidden[1:4] == [tokens * 8 * 96 for tokens in (2, 3, 4)]
    assert hidden[4] == 5 * 615, "what 4 tokens took, in 5 rows"
    assert hidden[5:] == [tokens * 6 * 96 for tokens in range(6, 13)]
    assert all(before <= after for row in (parts, hidden) for before, after in pairwise(row))
