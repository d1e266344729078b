"""What is tried: every candidate can be built and held by the card, and the reasoned one is among them."""

from __future__ import annotations

import pytest

from nemotron_kernels.choice import Choice, default_choice
from nemotron_kernels.geometry import NANO, NANO_TP2, Geometry
from nemotron_kernels.tune.candidates import (
    MOST_WASTE,
    SHARED_MEMORY_BYTES,
    choices,
    describe_config,
    tile_bytes,
    tile_config_bytes,
    tile_configs,
)
from nemotron_kernels.tune.ladder import CHECKED, LADDER

COUNTS = sorted({*LADDER, *CHECKED})
EVERY = [
    pytest.param(geometry, weight_bytes, id=f"N={geometry.intermediate}, {weight_bytes} bytes")
    for geometry in (NANO, NANO_TP2)
    for weight_bytes in (1, 2)
]


@pytest.mark.parametrize(("geometry", "weight_bytes"), EVERY)
def test_every_choice_fits_the_card_and_can_be_written_down(geometry: Geometry, weight_bytes: int) -> None:
    for tokens in COUNTS:
        for choice in choices(geometry, tokens, weight_bytes):
            assert choice.up
            assert choice.down
            assert Choice.from_json(choice.as_json()) == choice
            if choice.way != "vector":
                assert (
                    max(tile_bytes(one, weight_bytes) for one in (choice.up, choice.down))
                    <= SHARED_MEMORY_BYTES
                )


@pytest.mark.parametrize(("geometry", "weight_bytes"), EVERY)
def test_columns_divide_the_sizes_or_nearly_so(geometry: Geometry, weight_bytes: int) -> None:
    for tokens in COUNTS:
        reasoned = default_choice(geometry, tokens, weight_bytes)
        for choice in choices(geometry, tokens, weight_bytes):
            assert choice.up
            assert choice.down
            if choice.way == "vector" or (choice.up, choice.down) == (reasoned.up, reasoned.down):
                continue
            for size, tile in ((geometry.intermediate, choice.up), (geometry.hidden, choice.down)):
                assert -(-size // tile.columns) * tile.columns <= size * (1 + MOST_WASTE)


def test_the_reasoned_choice_comes_first_with_and_without_its_extras() -> None:
    for tokens in COUNTS:
        found = choices(NANO, tokens, 2)
        reasoned = default_choice(NANO, tokens, 2)
        assert (found[0].up, found[0].down) == (reasoned.up, reasoned.down)
        same = [one for one in found if (one.up, one.down) == (reasoned.up, reasoned.down)]
        assert {(one.fused_routing, one.early_start) for one in same} == {
            (True, True),
            (True, False),
            (False, True),
            (False, False),
        }


def test_ways_are_tried_where_they_can_pay() -> None:
    ways = {tokens: {one.way for one in choices(NANO, tokens, 2)} for tokens in COUNTS}
    assert ways[1] == {"vector"}
    assert ways[8] == {"vector", "stream"}
    assert ways[64] == {"stream"}
    assert ways[512] == {"stream", "blocks"}
    assert ways[8192] == {"blocks"}


def test_fp8_has_no_shared_expert_to_fold() -> None:
    assert any(one.folded_shared for one in choices(NANO, 32, 2))
    assert not any(one.folded_shared for one in choices(NANO, 32, 1))


@pytest.mark.parametrize("weight_bytes", [1, 2])
def test_quick_is_a_part_of_the_whole(weight_bytes: int) -> None:
    for tokens in COUNTS:
        few, all_ = choices(NANO, tokens, weight_bytes, quick=True), choices(NANO, tokens, weight_bytes)
        assert set(few) <= set(all_)
        assert len(few) < len(all_)
        tiles = tile_configs(NANO, tokens, weight_bytes)
        assert all(one in tiles for one in tile_configs(NANO, tokens, weight_bytes, quick=True))


@pytest.mark.parametrize("weight_bytes", [1, 2])
def test_vllms_tiles_fit_the_card_and_are_each_tried_once(weight_bytes: int) -> None:
    for tokens in COUNTS:
        configs = tile_configs(NANO, tokens, weight_bytes)
        assert configs
        assert all(tile_config_bytes(one, weight_bytes) <= SHARED_MEMORY_BYTES for one in configs)
        assert len({tuple(one.items()) for one in configs}) == len(configs)
        assert all(one["SPLIT_K"] == 1 for one in configs)


def test_a_tile_of_vllm_in_a_line() -> None:
    assert (
        describe_config({"BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 64, "BLOCK_SIZE_K": 128}) == "16x64x128 w- s- g1"
    )
