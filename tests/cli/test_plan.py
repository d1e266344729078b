from __future__ import annotations

import json

import pytest

from nemotron_runtime.hardware.probe import Gpu
from support.command import Run

FIELDS = {
    *("fits", "variant", "context_tokens", "max_num_seqs", "kv_dtype", "ssm_dtype", "tensor_parallel"),
    *("replicas", "weights_gib", "sequences_at"),
}


def test_a_card_that_is_not_here_is_planned_for(run: Run) -> None:
    result = run("plan", "--gpu", "H100 80GB", "--json")
    document = json.loads(result.stdout)
    assert document.keys() >= FIELDS
    assert document["fits"] is True
    assert document["context_tokens"] == 262144
    assert document["sequences_at"].keys() == {"8192", "32768", "262144"}


def test_where_nothing_fits_the_exit_code_tells(run: Run) -> None:
    result = run("plan", "--gpu", "RTX 4090", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 3
    assert document["fits"] is False
    assert document["advice"]


def test_it_is_told_in_words(run: Run) -> None:
    text = run("plan", "--gpu", "L40S", "--count", "2").stdout
    assert text.startswith("2 x L40S, 44.4 GiB each\n")
    assert "weights\t30.40\n" in text
    assert "vllm serve nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8 --max-model-len 262144 " in text
    assert "this project has not run the model on this card" in text
    assert "Nothing fits" in run("plan", "--gpu", "L4").stdout


def test_the_cards_here_are_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    two = tuple(Gpu(at, "NVIDIA H200", 150_754_820_096) for at in range(2))
    monkeypatch.setattr("nemotron_runtime.hardware.probe.gpus", lambda: two)
    document = json.loads(run("plan", "--json").stdout)
    assert (document["gpu"], document["count"], document["replicas"]) == ("H200", 2, 2)


def test_without_a_card_it_says_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nemotron_runtime.hardware.probe.gpus", tuple)
    result = run("plan")
    assert result.exit_code == 3
    assert "nemotron plan --gpu" in result.stderr


def test_cards_that_differ_are_not_planned_together(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = (Gpu(0, "NVIDIA H200", 150_754_820_096), Gpu(1, "NVIDIA L40S", 47_000_000_000))
    monkeypatch.setattr("nemotron_runtime.hardware.probe.gpus", lambda: mixed)
    result = run("plan")
    assert result.exit_code == 3
    assert "by --gpu and --count" in result.stderr
