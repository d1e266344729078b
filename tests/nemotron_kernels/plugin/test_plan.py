"""Which measurement is used, in which mode, and what is said about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nemotron_kernels.choice import Choice, Tile
from nemotron_kernels.dispatch import BadDispatch, Dispatch, Range, file_name
from nemotron_kernels.geometry import NANO, NANO_TP2, Geometry
from nemotron_kernels.plugin import plan
from nemotron_kernels.plugin.mode import Mode
from nemotron_kernels.plugin.plan import Plan

CARD = "NVIDIA_H200"
ROW, ROWS = Tile(1, 8, 256), Tile(16, 64, 128)
RANGES = (Range(1, 4, Choice("vector", ROW, ROW), 1.3), Range(5, 64, Choice("stream", ROWS, ROWS), 1.1))


def write(folder: Path, vllm: str = "0.32.0", card: str = CARD, ranges: tuple[Range, ...] = RANGES) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / file_name(NANO, card, None)
    path.write_text(json.dumps(Dispatch(ranges, measured={"vllm": vllm}).as_json()))
    return path


def made(
    mode: Mode, *folders: Path, dtype: str | None = None, geometry: Geometry = NANO, vllm: str = "0.32.0"
) -> Plan:
    return plan.make(mode, geometry, CARD, dtype, vllm, folders)


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.ON])
def test_a_measurement_that_fits_is_used(tmp_path: Path, mode: Mode) -> None:
    path = write(tmp_path)
    found = made(mode, tmp_path)
    assert found.dispatch.ranges == RANGES
    assert found.why == f"measured: {path.name}"


def test_the_first_folder_wins(tmp_path: Path) -> None:
    write(tmp_path / "own", ranges=RANGES[:1])
    write(tmp_path / "shipped")
    assert made(Mode.AUTO, tmp_path / "own", tmp_path / "shipped").dispatch.ranges == RANGES[:1]
    assert made(Mode.AUTO, tmp_path / "none", tmp_path / "shipped").dispatch.ranges == RANGES


@pytest.mark.parametrize(
    ("dtype", "geometry", "said"), [("fp8_w8a8", NANO, "fp8_w8a8 and 1856"), (None, NANO_TP2, "bf16 and 928")]
)
def test_auto_leaves_what_was_not_measured_to_vllm_and_says_so(
    tmp_path: Path, dtype: str | None, geometry: Geometry, said: str
) -> None:
    write(tmp_path)
    found = made(Mode.AUTO, tmp_path, dtype=dtype, geometry=geometry)
    assert not found.dispatch.replaces
    assert f"NVIDIA_H200 was not measured with {said} wide experts" in found.why
    assert "`nemotron tune`" in found.why


@pytest.mark.parametrize("dtype", [None, "fp8_w8a8"])
def test_on_takes_reasoned_tiles_where_nothing_was_measured(dtype: str | None) -> None:
    found = made(Mode.ON, dtype=dtype)
    assert all(found.dispatch.choose(tokens).way != "stock" for tokens in (1, 100, 100_000))
    assert found.why.endswith("reasoned tiles")


def test_a_bad_file_is_stock_in_auto_and_an_error_in_on(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text("{}")
    found = made(Mode.AUTO, tmp_path)
    assert not found.dispatch.replaces
    assert path.name in found.why
    with pytest.raises(BadDispatch, match="schema 1 is expected"):
        made(Mode.ON, tmp_path)


@pytest.mark.parametrize("running", ["0.33.0", "0.320.0", "1.32.0"])
def test_another_vllm_makes_a_measurement_stale(tmp_path: Path, running: str) -> None:
    write(tmp_path)
    auto, on = (made(mode, tmp_path, vllm=running) for mode in (Mode.AUTO, Mode.ON))
    assert not auto.dispatch.replaces
    assert on.dispatch.ranges == RANGES
    for found in (auto, on):
        assert f"was measured with vLLM 0.32.0, this is {running}" in found.why


@pytest.mark.parametrize("running", ["0.32.1", "0.32.0+cu130"])
def test_a_patch_release_does_not(tmp_path: Path, running: str) -> None:
    write(tmp_path)
    assert made(Mode.AUTO, tmp_path, vllm=running).dispatch.ranges == RANGES


def test_the_users_folder_comes_before_what_was_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan.dispatch, "shipped_folder", lambda: tmp_path / "shipped")
    monkeypatch.delenv("VLLM_TUNED_CONFIG_FOLDER", raising=False)
    assert plan.folders() == [tmp_path / "shipped"]
    monkeypatch.setenv("VLLM_TUNED_CONFIG_FOLDER", str(tmp_path))
    assert plan.folders() == [tmp_path, tmp_path / "shipped"]


def test_narrowing_takes_flags_only() -> None:
    fused = Choice("stream", ROWS, ROWS, fused_routing=True, folded_shared=True)
    ranges = Dispatch((Range(1, 4, fused, 1.2),), "x", {"vllm": "0.32.0"})
    assert plan.narrowed(ranges, routing=True, shared=True) == ranges
    (left,) = plan.narrowed(ranges, routing=False, shared=True).ranges
    assert (left.choice.fused_routing, left.choice.folded_shared) == (False, True)
    (left,) = plan.narrowed(ranges, routing=True, shared=False).ranges
    assert (left.choice.fused_routing, left.choice.folded_shared) == (True, False)
    assert left.choice.up == ROWS
