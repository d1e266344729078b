"""The checks of benchmarks/gpu/semantics.sh, on this machine's real vLLM (CPU) with the real routing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine

CHECKS = (
    "seed",
    "greedy_settings",
    "logprobs",
    "logit_bias",
    "penalties",
    "stop_and_length",
    "budget",
    "call_in_thought",
    "free_call_in_thought",
    "json_answer",
    "prefix_hits",
    "abort",
)


@pytest.fixture(scope="module")
def rows(
    repo: Path, random_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, object]]:
    out = tmp_path_factory.mktemp("semantics") / "rows.json"
    script = str(repo / "benchmarks/gpu/semantics.py")
    command = [sys.executable, script, "--model", str(random_checkpoint), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert out.exists(), done.stderr[-2000:]
    return {row["check"]: row for row in json.loads(out.read_text())["checks"]}


@pytest.mark.parametrize("check", CHECKS)
def test_the_engine_samples_as_it_says(rows, check):
    assert rows[check]["ok"], rows[check]["detail"]


def test_every_check_is_asked_for(rows):
    assert set(rows) == set(CHECKS)
