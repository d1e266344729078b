from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_kernels.choice import STOCK, Choice, Tile, default_choice
from nemotron_kernels.geometry import NANO, NANO_TP2

TILE = Tile(16, 64, 64)
LINE = Tile(1, 8, 256)


@pytest.mark.parametrize("weight_bytes", [1, 2])
@pytest.mark.parametrize("geometry", [NANO, NANO_TP2], ids=["one GPU", "two GPUs"])
@given(tokens=st.integers(1, 1 << 20))
def test_a_default_is_there_for_every_batch_and_survives_json(
    geometry: Any, weight_bytes: int, tokens: int
) -> None:
    choice = default_choice(geometry, tokens, weight_bytes)
    assert choice.way != "stock"
    assert Choice.from_json(choice.as_json()) == choice


def test_stock_survives_json() -> None:
    assert STOCK.as_json() == {"way": "stock"}
    assert Choice.from_json({"way": "stock"}) == STOCK


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Choice("fast", TILE, TILE), "way must be one of"),
        (lambda: Choice("stock", TILE, TILE), "stock has no tiles"),
        (lambda: Choice("stream", TILE), "every other way has two"),
        (lambda: Choice("stream"), "every other way has two"),
        (lambda: Choice("stream", TILE, Tile(32, 64, 64)), "rows must be equal"),
        (lambda: Choice("vector", TILE, TILE), "the vector way has one row"),
        (lambda: Choice("stream", LINE, LINE), "the vector way has one row"),
        (lambda: Choice("blocks", Tile(16, 16, 64), Tile(16, 64, 64)), "at least 16 rows, 32 columns"),
        (lambda: Choice("stream", Tile(8, 64, 64), Tile(8, 64, 64)), "at least 16 rows, 32 columns"),
        (lambda: Choice("blocks", TILE, TILE, folded_shared=True), "folds into the stream way only"),
        (lambda: Choice("stock", fused_routing=True), "stock has no flags"),
        (lambda: Choice("stock", early_start=True), "stock has no flags"),
        (lambda: Tile(24, 64, 64), "rows of a tile must be a power of two"),
        (lambda: Tile(16, 64, 64, warps=3), "warps of a tile must be a power of two"),
        (lambda: Tile(16, 64, 64, stages=0), "1 to 8 stages"),
        (lambda: Tile(16, 64, True), "depth of a tile must be a power of two"),
        (lambda: Tile(512, 64, 64), "larger than any card takes"),
    ],
)
def test_what_no_kernel_can_do_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"way": 3},
        {"way": []},
        {"way": "stream", "up": TILE.__class__.__name__, "down": {}},
        {"way": "stream", "up": {"rows": 16, "columns": 64}, "down": {"rows": 16, "columns": 64}},
        {"way": "stream", "up": {"rows": "16", "columns": 64, "depth": 64}, "down": {}},
        {"way": "stock", "fused_routing": 1},
        {"way": "stock", "speed": 3},
    ],
)
def test_what_is_no_choice_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        Choice.from_json(data)
