from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_kernels import dispatch
from nemotron_kernels.choice import STOCK, Choice, Tile, default_choice
from nemotron_kernels.dispatch import BadDispatch, Dispatch, Range
from nemotron_kernels.geometry import NANO, NANO_TP2

TILE = Tile(16, 64, 64)
STREAM = Choice("stream", TILE, TILE)
MEASURED = {"vllm": "0.32.0", "gpu": "NVIDIA H200"}


@st.composite
def dispatches(draw: st.DrawFn) -> Dispatch:
    """Ranges in order, with gaps, some of them stock."""
    bounds = sorted(draw(st.sets(st.integers(1, 10_000), max_size=12)))
    ranges = [
        Range(first, last, draw(st.sampled_from([STOCK, STREAM])), draw(st.none() | st.floats(1, 3)))
        for first, last in zip(bounds[::2], bounds[1::2], strict=False)
    ]
    return Dispatch(tuple(ranges), measured=MEASURED)


@given(dispatches(), st.integers(0, 10_001))
def test_a_batch_gets_the_range_that_holds_it_or_stock(table: Dispatch, tokens: int) -> None:
    holding = [r.choice for r in table.ranges if r.first <= tokens <= r.last]
    assert [table.choose(tokens)] == (holding or [STOCK])


@given(table=dispatches())
def test_a_file_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, table: Dispatch
) -> None:
    path = tmp_path_factory.mktemp("moe") / "file.json"
    path.write_text(json.dumps(table.as_json()))
    again = dispatch.read(path)
    assert [(r.first, r.last, r.choice) for r in again.ranges] == [
        (r.first, r.last, r.choice) for r in table.ranges
    ]
    assert again.measured == MEASURED
    assert again.source == str(path)
    assert again.replaces == table.replaces


def good(**changes: Any) -> dict[str, Any]:
    row = {"tokens": [1, 4], "choice": STREAM.as_json(), "gain": 1.2}
    return {"schema": 1, "measured": MEASURED, "ranges": [row]} | changes


def row(**changes: Any) -> dict[str, Any]:
    return {"tokens": [1, 4], "choice": STREAM.as_json()} | changes


BAD = {
    "no JSON": "{",
    "a list": "[]",
    "deep": "[" * 100_000,
    "another schema": json.dumps(good(schema=2)),
    "not said what measured it": json.dumps(good(measured={})),
    "no ranges": json.dumps({"schema": 1, "measured": MEASURED}),
    "tokens the wrong way": json.dumps(good(ranges=[row(tokens=[4, 1])])),
    "no tokens": json.dumps(good(ranges=[row(tokens=[0, 1])])),
    "tokens as text": json.dumps(good(ranges=[row(tokens=["1", "4"])])),
    "three tokens": json.dumps(good(ranges=[row(tokens=[1, 2, 3])])),
    "a row that is no row": json.dumps(good(ranges=[7])),
    "overlap": json.dumps(good(ranges=[row(), row(tokens=[4, 9])])),
    "out of order": json.dumps(good(ranges=[row(tokens=[5, 9]), row()])),
    "a gain of text": json.dumps(good(ranges=[row(gain="much")])),
    "a choice of nothing": json.dumps(good(ranges=[row(choice={})])),
    "a tile that no kernel takes": json.dumps(
        good(ranges=[row(choice=STREAM.as_json() | {"up": {"rows": 3, "columns": 64, "depth": 64}})])
    ),
    "far too large": " " * (dispatch.LARGEST_FILE_BYTES + 1),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_any_other_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(BadDispatch, match=r"bad\.json: ."):
        dispatch.read(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDispatch, match=r"none\.json"):
        dispatch.read(tmp_path / "none.json")


def test_names_are_in_the_manner_of_vllms() -> None:
    name = dispatch.file_name(NANO, "NVIDIA_H200", "fp8_w8a8")
    assert name == "nemotron,E=128,N=1856,device_name=NVIDIA_H200,dtype=fp8_w8a8.json"
    assert (
        dispatch.file_name(NANO_TP2, "NVIDIA_H200", None)
        == "nemotron,E=128,N=928,device_name=NVIDIA_H200.json"
    )


def test_the_first_folder_that_has_a_file_wins(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("absent", "empty", "user", "shipped")]
    for folder in folders[1:]:
        folder.mkdir()
    for folder in folders[2:]:
        (folder / "a.json").write_text("{}")
    assert dispatch.find(folders, "a.json") == folders[2] / "a.json"
    assert dispatch.find(folders, "b.json") is None


def test_without_a_measurement_all_is_stock() -> None:
    assert not Dispatch().replaces
    assert Dispatch().choose(1) == STOCK


@pytest.mark.parametrize("weight_bytes", [1, 2])
@given(tokens=st.integers(1, 1 << 20))
def test_everywhere_ours_means_everywhere(weight_bytes: int, tokens: int) -> None:
    table = dispatch.everywhere_ours(NANO, weight_bytes)
    assert table.choose(tokens) == default_choice(NANO, tokens, weight_bytes)


def test_what_ships_can_be_read() -> None:
    """Every committed measurement, if there is one, is a file that serves."""
    folder = dispatch.shipped_folder()
    assert folder
    for path in folder.glob("nemotron,*.json"):
        assert dispatch.read(path).ranges
