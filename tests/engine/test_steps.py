"""Steps of vLLM's start, by its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from nemotron_runtime.engine import steps

LOG = """\
INFO 11-30 Initializing a V1 LLM engine (v0.32.0) with config: model='/m'
INFO 11-30 Starting to load model /m...
INFO 11-30 Starting to load model /m...
INFO 11-30 Loading weights took 0.08 seconds
INFO 11-30 Model loading took 58.9 GiB memory and 31.2 seconds
INFO 11-30 torch.compile took 41.20 s in total
INFO 11-30 GPU KV cache size: 1,263,616 tokens
INFO 11-30 Graph capturing finished in 21 secs, took 0.62 GiB
INFO 11-30 init engine (profile, create kv cache, warmup model) took 64.11 s
"""


def told(file: Path, text: str) -> list[str]:
    names: list[str] = []
    with steps.followed(lambda name, detail: names.append(name), file), file.open("a") as log:
        log.write(text)
    return names


def test_each_is_told_once_and_in_order(tmp_path: Path) -> None:
    assert told(tmp_path / "vllm.log", "") == []
    (tmp_path / "vllm.log").touch()
    assert told(tmp_path / "vllm.log", LOG) == ["load", "compile", "capture"]


def test_a_second_start_is_told_from_its_own_lines(tmp_path: Path) -> None:
    (tmp_path / "vllm.log").write_text(LOG)
    assert told(tmp_path / "vllm.log", LOG) == ["load", "compile", "capture"]


def test_what_a_quiet_loader_leaves_out_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "vllm.log").touch()
    assert told(tmp_path / "vllm.log", LOG[LOG.index("INFO 11-30 GPU KV") :]) == ["capture"]


def test_a_users_own_configuration_of_the_log_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_LOGGING_CONFIG_PATH", "mine.json")
    steps.configure("ERROR")
    assert steps.os.environ["VLLM_LOGGING_CONFIG_PATH"] == "mine.json"
