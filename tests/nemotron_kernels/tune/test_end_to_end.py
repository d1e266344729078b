"""The whole model decides in the end; and one real engine is timed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from nemotron_kernels.choice import default_choice
from nemotron_kernels.dispatch import Range
from nemotron_kernels.geometry import NANO
from nemotron_kernels.tune import end_to_end
from nemotron_kernels.tune.clock import Comparison, judge
from nemotron_kernels.tune.end_to_end import (
    EndToEnd,
    EngineFailed,
    Load,
    Side,
    compare_engines,
    kept,
    run_engine,
)
from nemotron_kernels.tune.engine import _make_sane
from nemotron_kernels.tune.sane import BIAS, NORM, ROUTER, SaneWeights, _kind

CHOICE = default_choice(NANO, 32, 2)
LOAD = Load({"model": "somewhere"}, streams=(1, 32, 128))


def gain(factor: float) -> Comparison:
    return judge([([100.0 * factor], [100.0], [100.0 * factor])])


def test_engines_run_stock_ours_stock() -> None:
    sides: list[Side] = []

    def run(load: Load, side: Side) -> dict[int, list[float]]:
        sides.append(side)
        return {streams: [1.0, 1.0] if side.kernels == "on" else [1.2, 1.2] for streams in load.streams}

    found = compare_engines(LOAD, Side("on", Path("tuned")), run)
    assert sides == [Side("off"), Side("on", Path("tuned")), Side("off")]
    assert {streams: round(one.gain, 3) for streams, one in found.compared.items()} == {
        1: 1.2,
        32: 1.2,
        128: 1.2,
    }
    assert not found.loses


@pytest.mark.parametrize(
    ("slow", "left"),
    [
        (None, [(1, 2), (24, 48), (100, 200), (2048, 8192)]),
        (1, [(24, 48), (100, 200), (2048, 8192)]),
        (32, [(1, 2), (100, 200), (2048, 8192)]),
        (128, [(1, 2), (24, 48)]),  # prefill is part of many streams
    ],
)
def test_ranges_near_a_slower_point_are_given_back(slow: int | None, left: list[tuple[int, int]]) -> None:
    found = EndToEnd({streams: gain(0.9 if streams == slow else 1.1) for streams in (1, 32, 128)})
    ranges = [Range(first, last, CHOICE, 1.1) for first, last in ((1, 2), (24, 48), (100, 200), (2048, 8192))]
    assert [(one.first, one.last) for one in kept(ranges, found)] == left
    assert found.loses == (slow is not None)


def test_a_difference_within_the_noise_keeps_all() -> None:
    found = EndToEnd({1: judge([([100.0], [101.0], [97.0])])})
    assert kept([Range(1, 4, CHOICE, 1.1)], found)


def test_a_side_sets_what_it_means_and_nothing_of_before() -> None:
    base = {"PATH": "p", "NEMOTRON_KERNELS": "on", "VLLM_TUNED_CONFIG_FOLDER": "old"}
    assert Side("off").environ(base) == {"PATH": "p", "NEMOTRON_KERNELS": "off"}
    assert Side("on", Path("new")).environ(base)["VLLM_TUNED_CONFIG_FOLDER"] == "new"


def test_names_that_decide_the_routing() -> None:
    assert _kind("backbone.layers.1.mixer.gate.e_score_correction_bias", 1) == "e_score_correction_bias"
    assert _kind("backbone.layers.1.mixer.gate.weight", 2) == "gate.weight"
    assert _kind("backbone.layers.1.norm.weight", 1) == "norm"
    assert _kind("backbone.layers.1.mixer.experts.w13_weight", 3) is None


class Worker(SaneWeights):
    """With a model that has the names of vLLM's."""

    def __init__(self) -> None:
        gate = torch.nn.Linear(64, 16, bias=False)
        gate.e_score_correction_bias = torch.nn.Parameter(torch.full((16,), 9.0))
        norm, other = torch.nn.LayerNorm(64, bias=False), torch.nn.Linear(64, 64)
        torch.nn.init.zeros_(gate.weight)
        torch.nn.init.zeros_(norm.weight)
        torch.nn.init.constant_(other.weight, 0.5)
        self.model = torch.nn.ModuleDict({"gate": gate, "norm": norm, "other": other}).requires_grad_(False)
        self.model_runner = SimpleNamespace(get_model=lambda: self.model)


def test_random_weights_are_set_so_that_a_router_chooses() -> None:
    worker = Worker()
    assert worker.make_weights_sane() == {ROUTER: 1, BIAS: 1, NORM: 1}
    assert 0.8 < float(worker.model["gate"].weight.std()) * 8 < 1.2  # logits of unit size
    assert not worker.model["gate"].e_score_correction_bias.any()
    assert bool((worker.model["norm"].weight == 1).all())
    assert bool((worker.model["other"].weight == 0.5).all())


def test_a_model_whose_router_is_not_found_is_not_timed() -> None:
    found = [{ROUTER: 1, BIAS: 1, NORM: 3}, {BIAS: 1, NORM: 3}]
    with pytest.raises(RuntimeError, match=r"no gate\.weight: its routing would be unreal"):
        _make_sane(SimpleNamespace(collective_rpc=lambda name: found))
    _make_sane(SimpleNamespace(collective_rpc=lambda name: found[:1]))


@pytest.mark.engine
def test_a_real_engine_is_timed(random_checkpoint: Path) -> None:
    load = Load(
        {
            "model": str(random_checkpoint),
            "dtype": "bfloat16",
            "skip_tokenizer_init": True,
            "enforce_eager": True,
            "max_model_len": 128,
            "max_num_seqs": 2,
            "kv_cache_memory_bytes": 1 << 26,
        },
        streams=(2,),
        prompt_tokens=8,
        output_tokens=4,
        repeats=1,
    )
    seconds = run_engine(load, Side("off"))
    assert set(seconds) == {2}
    assert all(len(taken) == 1 and min(taken) > 0 for taken in seconds.values())


def fake_python(folder: Path, script: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo CUDA out of memory >&2; exit 3", "the engine (off) failed: CUDA out of memory"),
        ("exit 0", "the engine (off) failed"),  # and wrote nothing
        ("exec sleep 30", "took longer than 1 s"),
    ],
)
def test_an_engine_that_does_not_get_through_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setattr(sys, "executable", fake_python(tmp_path, script))
    monkeypatch.setattr(end_to_end, "LIMIT_S", 1)
    with pytest.raises(EngineFailed) as failed:
        run_engine(LOAD, Side("off"))
    assert words in str(failed.value)
