"""The whole ladder by script: what is searched, what is kept, what is checked between."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from nemotron_kernels.choice import Choice
from nemotron_kernels.dispatch import Dispatch
from nemotron_kernels.tune.candidates import TileConfig, choices, tile_configs
from nemotron_kernels.tune.cases import Layer, make_layers
from nemotron_kernels.tune.climb import Field, Plan, Row, Tell, climb
from nemotron_kernels.tune.contenders import describe
from nemotron_kernels.tune.ladder import LADDER, ranges
from nemotron_kernels.tune.search import QUICK
from support.tuning import TINY, Scripted, ScriptedClock

DEFAULT: TileConfig = {
    "BLOCK_SIZE_M": 1,
    "BLOCK_SIZE_N": 2,
    "BLOCK_SIZE_K": 3,
    "GROUP_SIZE_M": 1,
    "SPLIT_K": 1,
}
PLAN = Plan(tokens=(1, 4, 8), checked=(5, 6, 257), kinds=("uniform", "zipf"), effort=QUICK, quick=True)
Times = Callable[[str], float]


class Book(dict[str, float]):
    """Times of contenders, by a rule on their names."""

    def __init__(self, times: Times) -> None:
        self._times = times

    def __missing__(self, name: str) -> float:
        return self._times(name)


@pytest.fixture(scope="module")
def layers() -> tuple[Layer, ...]:
    return make_layers(TINY, 2, torch.bfloat16, "cpu")


def field(layers: tuple[Layer, ...], times: Times, *, tiles: bool = True) -> Field:
    return Field(
        TINY,
        layers,
        torch.bfloat16,
        ScriptedClock(Book(times)),
        lambda config: Scripted(layers, f"stock {config}" if config else "stock"),
        lambda choice: Scripted(layers, describe(choice)),
        (lambda tokens: {**DEFAULT, "num_stages": tokens}) if tiles else None,
    )


def test_ours_wins_everywhere(layers: tuple[Layer, ...]) -> None:
    rows: list[Row] = []
    outcome = climb(
        field(layers, lambda name: 100.0 if name.startswith("stock") else 80.0), PLAN, Tell(row=rows.append)
    )
    assert [rung.tokens for rung in outcome.rungs] == [1, 4, 8, 5, 6]  # 257 lies beyond
    assert all(rung.won and rung.gain == pytest.approx(1.25) for rung in outcome.rungs)
    dispatch = Dispatch(ranges(outcome.rungs))
    assert all(dispatch.choose(tokens).way != "stock" for tokens in range(1, 9))
    assert dispatch.choose(9).way == "stock"
    assert rows == list(outcome.rows)


def test_ours_loses_everywhere(layers: tuple[Layer, ...]) -> None:
    outcome = climb(field(layers, lambda name: 80.0 if name.startswith("stock") else 100.0), PLAN)
    assert not any(rung.won for rung in outcome.rungs)
    assert not outcome.tiles_won
    assert [rung.tokens for rung in outcome.rungs] == [1, 4, 8]
    assert ranges(outcome.rungs) == ()


def test_a_file_of_tiles_has_the_whole_ladder_even_where_little_was_measured(
    layers: tuple[Layer, ...],
) -> None:
    best = tile_configs(TINY, 4, 2, quick=True)[1]
    outcome = climb(field(layers, lambda name: 50.0 if name == f"stock {best}" else 100.0), PLAN)
    assert outcome.tiles_won
    assert set(outcome.tiles) == {*LADDER}
    assert outcome.tiles[4] == best
    assert outcome.tiles[2048] == {**DEFAULT, "num_stages": 2048}  # as vLLM has it today


def test_ours_must_beat_the_tiles_that_are_written(layers: tuple[Layer, ...]) -> None:
    """Ours is faster than vLLM's default, and slower than its best tiles."""

    def times(name: str) -> float:
        return 100.0 if name == "stock" else 60.0 if name.startswith("stock") else 80.0

    outcome = climb(field(layers, times), PLAN)
    assert outcome.tiles_won
    assert not any(rung.won for rung in outcome.rungs)


def test_experts_without_tiles_are_a_baseline_as_they_are(layers: tuple[Layer, ...]) -> None:
    outcome = climb(field(layers, lambda name: 100.0 if name == "stock" else 90.0, tiles=False), PLAN)
    assert outcome.tiles == {}
    assert {row.what for row in outcome.rows} == {"ours"}
    assert all(rung.won for rung in outcome.rungs)


def test_progress_tells_each_candidate_that_was_planned(layers: tuple[Layer, ...]) -> None:
    told: list[int] = []
    climb(
        field(layers, lambda name: 100.0),
        PLAN,
        Tell(step=lambda tokens, name: told.append(tokens)),
    )
    planned = PLAN.steps(TINY, 2, tiles=True)
    assert {tokens: told.count(tokens) for tokens in PLAN.tokens} == planned
    assert sum(planned.values()) == len(told)


def test_a_winner_is_one_of_the_choices(layers: tuple[Layer, ...]) -> None:
    wanted = choices(TINY, 8, 2, quick=True)[-1]
    outcome = climb(field(layers, lambda name: 10.0 if name == describe(wanted) else 100.0), PLAN)
    found: dict[int, Choice] = {rung.tokens: rung.choice for rung in outcome.rungs}
    assert found[8] == wanted


def test_a_row_names_what_it_measured(layers: tuple[Layer, ...]) -> None:
    outcome = climb(field(layers, lambda name: 100.0 if name.startswith("stock") else 80.0), PLAN)
    row = next(row for row in outcome.rows if row.what == "ours").as_json(layers=2)
    assert row["won"] is True
    assert row["compared"]["uniform"]["stock_us"] == [50.0, 50.0, 50.0]
    assert 0 < row["distinct"]["zipf"] <= TINY.experts
    assert row["error"] < 1e-2
