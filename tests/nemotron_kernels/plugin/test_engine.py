"""The GPU's kernels in the real engine, under Triton's interpreter: they change no greedy token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nemotron_kernels.choice import Choice, Tile
from nemotron_kernels.dispatch import Dispatch, Range, file_name
from nemotron_kernels.geometry import Geometry
from support.probes import run

pytestmark = pytest.mark.engine

SCRIPT = Path(__file__).with_name("engine_probe.py")

GEOMETRY = Geometry(experts=128, top_k=6, hidden=64, intermediate=64, shared_intermediate=128)
ONE_ROW = Tile(rows=1, columns=64, depth=64, stages=1, waves=0)
ROWS = Tile(rows=16, columns=64, depth=64)
MEASURED = Dispatch(
    (
        Range(1, 1, Choice("vector", ONE_ROW, ONE_ROW), gain=1.5),
        Range(2, 2, Choice("vector", ONE_ROW, ONE_ROW, fused_routing=True)),
        Range(3, 8, Choice("stream", ROWS, ROWS, fused_routing=True, folded_shared=True)),
        Range(9, 14, Choice("stream", ROWS, ROWS, folded_shared=True)),
        Range(15, 1 << 30, Choice("blocks", ROWS, ROWS)),
    ),
    measured={"vllm": "0.32.0"},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plugin")


def serve(folder: Path, **environ: str) -> dict[str, Any]:
    return run(SCRIPT, str(folder / "model"), **environ)


@pytest.fixture(scope="module")
def stock(folder: Path) -> dict[str, Any]:
    return serve(folder, NEMOTRON_KERNELS="off")


@pytest.fixture(scope="module")
def ours(folder: Path, stock: dict[str, Any]) -> dict[str, Any]:
    """After `stock`, which has made the checkpoint."""
    (folder / file_name(GEOMETRY, "cpu", None)).write_text(json.dumps(MEASURED.as_json()))
    return serve(
        folder,
        NEMOTRON_KERNELS="on",
        NEMOTRON_KERNELS_REPORT=str(folder / "report"),
        TRITON_INTERPRET="1",
        VLLM_TUNED_CONFIG_FOLDER=str(folder),
    )


@pytest.mark.parametrize("how", ["alone", "together"])
def test_the_same_tokens(stock: dict[str, Any], ours: dict[str, Any], how: str) -> None:
    assert ours[how] == stock[how]
    assert len({token for tokens in ours[how] for token in tokens}) > 8, "too monotonous to prove anything"


def test_each_way_has_run(stock: dict[str, Any], ours: dict[str, Any]) -> None:
    assert stock["calls"] == {}
    assert set(ours["calls"]) == {
        "vector",
        "vector, own routing",
        "stream, own routing, shared expert folded in",
        "stream, shared expert folded in",
        "blocks",
    }
    assert all(calls % 3 == 0 for calls in ours["calls"].values()), "the model has three layers with experts"


def test_the_report_proves_it(folder: Path, ours: dict[str, Any]) -> None:
    report = json.loads((folder / "report.0").read_text())
    assert (report["mode"], report["replaced"], report["layers"]) == ("on", 3, 3)
    assert report["why"] == "measured: nemotron,E=128,N=64,device_name=cpu.json"
    assert report["ranges"][0] == {
        "tokens": [1, 1],
        "runs": "vector",
        "why": "measured: stock takes 1.50 times as long",
    }
    assert report["ranges"][-1]["tokens"] == [15, None]
    assert report["notes"] == ["stock is vLLM's Triton experts here; without us it would be CPU"]
    assert not list(folder.glob("*.part"))
