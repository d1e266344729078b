"""The measuring script as far as it goes without a card: sections, budget, rows, files."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import torch

from nemotron_bench.kernels import command, profilers, rivals, run, whole_model
from nemotron_bench.kernels.rivals import FlashInfer, Rivals
from nemotron_kernels.geometry import CARDS
from nemotron_kernels.tune.cases import make_layers
from nemotron_kernels.tune.stock import NoStock
from support.tuning import TINY, Scripted, ScriptedClock, nan_in_one_place

OPTIONS = Namespace(dtype="bf16", tokens=(1, 4), layers=2, seconds=600.0)


class Few(Rivals):
    """Scripted contenders instead of kernels."""

    def ours(self, choice: Any) -> Scripted:
        return Scripted(self.layers, "ours")


def measure(
    monkeypatch: pytest.MonkeyPatch, *, stock: bool = True, others: tuple[str, ...] = (), **options: Any
) -> dict[str, Any]:
    layers = make_layers(TINY, 2, torch.bfloat16, "cpu")
    clock = ScriptedClock({"ours": 80.0, "vLLM": 100.0, "other": 90.0, "broken": 1.0})
    wrong = {"broken": nan_in_one_place}
    contenders = [Scripted(layers, name, wrong.get(name)) for name in others]
    made = Few(TINY, layers, (), Scripted(layers, "vLLM") if stock else None, contenders, None, {"A": "said"})
    made.clock = clock  # type: ignore[assignment]
    monkeypatch.setattr(rivals, "field", lambda *arguments: made)
    monkeypatch.setattr(run, "WARM_S", 0.0)
    monkeypatch.setattr(profilers, "ncu", lambda dtype, seconds: {"skipped": "here"})
    monkeypatch.setattr(profilers, "racecheck", lambda dtype, seconds: {"skipped": "here"})
    chosen = Namespace(**(vars(OPTIONS) | options))
    return run.Run(chosen, TINY, "NVIDIA_H200", None, lambda row: None).run()


def test_every_batch_and_routing_is_a_row_with_its_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    result = measure(monkeypatch, others=("other",))
    assert len(result["rows"]) == 3 * 2 * 2
    row = result["rows"][0]
    assert (row["gain"], row["ours_us"][1], row["stock_us"][1]) == (1.25, 40.0, 50.0)
    assert row["distinct"] > 0
    needed = TINY.needed_bytes(1, row["distinct"], 2, shared=True)
    assert row["to_floor"] == pytest.approx(40.0 / CARDS["NVIDIA_H200"].floor_us(needed, 0, 2), rel=1e-3)
    assert row["needed_mb"] == pytest.approx(needed / 1e6, abs=0.005)
    assert result["layers"] == 2
    assert result["skipped"] == []


def test_a_wrong_rival_has_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    result = measure(monkeypatch, others=("broken",))
    broken = [row for row in result["rows"] if row["name"] == "broken"]
    assert len(broken) == 6
    assert all("against float64" in row["wrong"] and "ours_us" not in row for row in broken)
    assert all(not row["ours"] for row in broken)


def test_without_vllm_ours_is_measured_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in measure(monkeypatch, stock=False)["rows"]:
        assert (row["gain"], row["stock_us"]) == (None, None)
        assert row["ours_us"][1] == 40.0


def test_what_there_was_no_time_for_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    result = measure(monkeypatch, seconds=0.0)
    assert result["rows"] == []
    assert result["skipped"][0] == "uniform, 1 tokens"
    assert {"ncu", "racecheck"} <= set(result["skipped"])


def test_results_are_never_overwritten(tmp_path: Path) -> None:
    result = {"commit": "abc1234", "rows": []}
    first, second = (command.write(tmp_path, "NVIDIA H100 80GB HBM3", result) for _ in range(2))
    assert first.name.endswith("-h100-80gb-hbm3-abc1234-kernels.json")
    assert second.name.endswith("-kernels-2.json")
    assert json.loads(first.read_bytes()) == result


def test_a_row_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in measure(monkeypatch, others=("broken",))["rows"]:
        assert len(command.line(row).splitlines()) == 1
    assert "WRONG" in command.line(row)


def test_the_script_says_what_it_needs(repo: Path) -> None:
    words = ["bash", str(repo / "benchmarks/gpu/kernels.sh")]
    environ = {"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 3
    assert "no NVIDIA GPU is usable here" in done.stderr


def test_flashinfer_that_is_missing_is_said() -> None:
    layers = make_layers(TINY, 1, torch.bfloat16, "cpu")
    with pytest.raises(NoStock, match="not here"):
        FlashInfer(TINY, layers, lambda logits, bias: (logits, bias))


def test_the_whole_models_shape_is_the_published_one() -> None:
    found = whole_model.configuration(None, "bf16")
    pattern = found["hybrid_override_pattern"]
    assert (len(pattern), *map(pattern.count, "ME*")) == (52, 23, 23, 6)
    assert whole_model.configuration(6, "fp8")["num_hidden_layers"] == 6
    assert whole_model.configuration(6, "fp8")["quantization_config"]["quant_algo"] == "FP8"
