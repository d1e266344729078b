"""The embedded model says the same in vLLM and in transformers, to the token."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nemotron_runtime.weights.embedded import embedded_checkpoint

pytestmark = pytest.mark.engine

PROMPTS, NEW_TOKENS = 200, 24
TIE = 1e-4
"""Logits closer than this are equal: the sums behind them have another order in each program."""


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    script = Path(__file__).with_name("agreement.py")
    command = [sys.executable, "-P", str(script), str(embedded_checkpoint())]
    run = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert run.returncode == 0, run.stderr[-4000:]
    return json.loads(run.stdout.splitlines()[-1])


def test_greedy_tokens_agree_in_fp32(answers: list[dict[str, Any]]) -> None:
    assert [len(answer["tokens"]) for answer in answers] == [NEW_TOKENS] * PROMPTS
    wrong = {number: gap for number, answer in enumerate(answers) if (gap := max(answer["gaps"])) >= TIE}
    assert wrong == {}


def test_the_prompts_differ(answers: list[dict[str, Any]]) -> None:
    assert len({tuple(answer["tokens"]) for answer in answers}) > PROMPTS / 4
