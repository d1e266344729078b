"""From an order to files that dispatch and vLLM can read, by script."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from nemotron_kernels import dispatch
from nemotron_kernels.tune import session
from nemotron_kernels.tune.candidates import tile_configs
from nemotron_kernels.tune.cases import make_layers
from nemotron_kernels.tune.climb import Field, Plan
from nemotron_kernels.tune.contenders import describe
from nemotron_kernels.tune.end_to_end import Load, Side
from nemotron_kernels.tune.field import TooSmall, fitting_layers
from nemotron_kernels.tune.files import undo
from nemotron_kernels.tune.ladder import LADDER
from nemotron_kernels.tune.search import QUICK
from nemotron_kernels.tune.session import Means, Order, Result, tune
from support.tuning import TINY, Scripted, ScriptedClock

OURS = "nemotron,E=16,N=32,device_name=NVIDIA_H200.json"
TILES = "E=16,N=32,device_name=NVIDIA_H200.json"
PLAN = Plan(tokens=(1, 4), checked=(), kinds=("uniform",), effort=QUICK, quick=True)
BEST = tile_configs(TINY, 1, 2, quick=True)[0]


class Book(dict[str, float]):
    def __init__(self, times: Callable[[str], float]) -> None:
        self._times = times

    def __missing__(self, name: str) -> float:
        return self._times(name)


def means(times: Callable[[str], float], engines: Callable[[Load, Side], Any] | None = None) -> Means:
    def field(order: Order) -> tuple[Field, str]:
        layers = make_layers(TINY, 2, torch.bfloat16, "cpu")
        made = Field(
            TINY,
            layers,
            torch.bfloat16,
            ScriptedClock(Book(times)),
            lambda config: Scripted(layers, f"stock {config}" if config else "stock"),
            lambda choice: Scripted(layers, describe(choice)),
            lambda tokens: {"BLOCK_SIZE_M": tokens},
        )
        return made, "TRITON"

    return Means(lambda: "NVIDIA H200 NVL", field, engines)


def ours_and_tiles_win(name: str) -> float:
    return 100.0 if name == "stock" else 90.0 if name.startswith("stock") else 50.0


def run(folder: Path, how: Means, load: Load | None = None) -> Result:
    return tune(Order(folder, TINY, plan=PLAN, load=load), None, how)


@pytest.fixture(autouse=True)
def with_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = session.card.facts()
    facts["versions"]["vllm"] = "0.32.0"
    monkeypatch.setattr(session.card, "facts", lambda: facts)


def test_what_won_is_written_under_both_names_and_can_be_read(tmp_path: Path) -> None:
    result = run(tmp_path, means(ours_and_tiles_win))
    assert {path.name for path in tmp_path.glob("*.json")} == {OURS, TILES}
    found = dispatch.read(tmp_path / OURS)
    assert found.ranges == result.ranges
    assert found.measured["vllm"] == "0.32.0"
    assert found.measured["vllm_backend"] == "TRITON"
    tiles = json.loads((tmp_path / TILES).read_bytes())
    assert [int(key) for key in tiles] == list(LADDER)  # no gaps
    assert tiles["1"] in tile_configs(TINY, 1, 2, quick=True)
    assert tiles["8192"] == {"BLOCK_SIZE_M": 8192}
    undo(tmp_path)
    assert not list(tmp_path.glob("*.json"))


def test_nothing_won_means_nothing_is_written(tmp_path: Path) -> None:
    result = run(tmp_path / "moe", means(lambda name: 100.0))
    assert result.written is None
    assert not (tmp_path / "moe").exists()


def test_only_tiles_won(tmp_path: Path) -> None:
    run(tmp_path, means(lambda name: 80.0 if name.startswith("stock {") else 100.0))
    assert {path.name for path in tmp_path.glob("*.json")} == {TILES}


def test_what_is_slower_end_to_end_is_not_written(tmp_path: Path) -> None:
    folders: list[set[str]] = []

    def engines(load: Load, side: Side) -> dict[int, list[float]]:
        if side.folder:
            folders.append({path.name for path in side.folder.glob("*.json")})
        return {streams: [2.0 if side.kernels == "on" else 1.0] for streams in load.streams}

    result = run(tmp_path, means(ours_and_tiles_win, engines), Load({}))
    assert folders == [{OURS, TILES}]  # it was tried with all of it
    assert (result.ranges, result.tiles, result.written) == ((), False, None)
    assert result.end_to_end
    assert result.end_to_end.loses


def test_what_is_as_fast_end_to_end_is_written_with_its_proof(tmp_path: Path) -> None:
    def engines(load: Load, side: Side) -> dict[int, list[float]]:
        return {streams: [1.0] for streams in load.streams}

    run(tmp_path, means(ours_and_tiles_win, engines), Load({}))
    measured = dispatch.read(tmp_path / OURS).measured
    assert set(measured["end_to_end"]) == {"1", "32", "128"}


def test_the_time_told_grows_with_what_is_asked(tmp_path: Path) -> None:
    order = Order(tmp_path, TINY, plan=PLAN)
    assert 0 < order.estimated_s() < replace(order, load=Load({})).estimated_s()
    assert order.estimated_s() < replace(order, plan=Plan()).estimated_s()


def test_layers_fill_the_card_but_not_all_of_it() -> None:
    from nemotron_kernels.geometry import NANO

    assert fitting_layers(NANO, 79 * 2**30) == 20
    assert 2 <= fitting_layers(NANO, 40 * 10**9) < 20
    assert fitting_layers(NANO, 139 * 2**30, 4) == 4
    with pytest.raises(TooSmall, match="7 GB of the card must be free, and 5 GB are"):
        fitting_layers(NANO, 5 * 10**9)
