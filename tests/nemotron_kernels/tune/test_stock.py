"""vLLM's own experts as the tuner puts them together, by vLLM's real classes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    script = Path(__file__).with_name("stock_probe.py")
    run = subprocess.run(
        [sys.executable, "-P", str(script)], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr[-4000:]
    return json.loads(run.stdout.splitlines()[-1])


def test_a_baseline_that_a_plugin_replaced_is_refused(seen: dict[str, Any]) -> None:
    assert "Relu2Experts" in seen["plugin"]
    assert "VLLM_PLUGINS=''" in seen["plugin"]


def test_a_dtype_that_vllm_has_no_experts_for_is_said(seen: dict[str, Any]) -> None:
    assert "vLLM has no such experts here" in seen["no fp8"]


def test_bf16_runs_through_vllms_kernel_object_and_is_right(seen: dict[str, Any]) -> None:
    assert seen["bf16"]["backend"] == "CPU"
    assert 0 < seen["bf16"]["error"] < 1e-2
    assert seen["bf16"]["dtype"] is None


def test_the_tiles_that_vllm_uses_today_are_asked_of_vllm(seen: dict[str, Any]) -> None:
    assert {"BLOCK_SIZE_M", "BLOCK_SIZE_N", "BLOCK_SIZE_K", "GROUP_SIZE_M"} <= set(seen["bf16"]["config"])


def test_fp8_is_put_together_for_each_backend_of_hopper(seen: dict[str, Any]) -> None:
    triton, flashinfer = seen["fp8"]
    assert (triton["backend"], triton["experts"], triton["up"]) == ("TRITON", "TritonExperts", [16, 32, 64])
    assert (flashinfer["backend"], flashinfer["up"]) == ("FLASHINFER_CUTLASS", [16, 128, 64])  # padded


def test_files_are_named_as_vllm_looks_for_them(seen: dict[str, Any]) -> None:
    for vllms, ours in seen["names"]:
        assert vllms == ours
