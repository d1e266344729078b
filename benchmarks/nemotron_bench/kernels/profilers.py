"""Nsight Compute on the kernels that take longest, and compute-sanitizer on the one that synchronises itself.

Both start a small process of their own: `python -m nemotron_bench.kernels.profilers DTYPE TOKENS LAYERS`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import Any

import torch

from nemotron_kernels.choice import default_choice
from nemotron_kernels.geometry import NANO
from nemotron_kernels.tune.cases import make_case, make_layers
from nemotron_kernels.tune.check import oracle
from nemotron_kernels.tune.contenders import Ours, our_experts
from nemotron_kernels.tune.field import WEIGHT_DTYPES, multiprocessors

METRICS = (
    "gpu__time_duration.sum",
    "dram__throughput.avg.pct_of_peak_sustained_elapsed",
    "sm__throughput.avg.pct_of_peak_sustained_elapsed",
    "smsp__issue_active.avg.pct_of_peak_sustained_active",
)
OURS = "regex:up_kernel|down_kernel|vector_|route_kernel"
TOKENS = (1, 32, 8192)
LAST_LINES = 60


def ncu(dtype: str, seconds: float) -> dict[str, Any]:
    """Share of peak bandwidth and of issue slots, of our kernels at a few batches."""
    path = shutil.which("ncu")
    if not path:
        return {"skipped": "ncu is not installed here"}
    each = max(seconds / len(TOKENS), 30)
    flags = ["--csv", "--metrics", ",".join(METRICS), "--kernel-name", OURS, "--launch-count", "4"]
    return {str(tokens): _run([path, *flags], dtype, tokens, each) for tokens in TOKENS}


def racecheck(dtype: str, seconds: float) -> dict[str, Any]:
    """Shared-memory hazards and memory faults of routing and products, at a batch of several programs."""
    path = shutil.which("compute-sanitizer")
    if not path:
        return {"skipped": "compute-sanitizer is not installed here"}
    tools = ("racecheck", "memcheck")
    return {
        tool: _run([path, "--tool", tool, "--error-exitcode", "9"], dtype, 96, max(seconds / len(tools), 30))
        for tool in tools
    }


def _run(prefix: list[str], dtype: str, tokens: int, limit_s: float) -> dict[str, Any]:
    command = [
        *prefix,
        sys.executable,
        "-P",
        "-m",
        "nemotron_bench.kernels.profilers",
        dtype,
        str(tokens),
        "1",
    ]
    try:
        done = subprocess.run(  # noqa: S603  (a profiler around our own module)
            command, capture_output=True, text=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        return {"skipped": f"it took longer than {limit_s:.0f} s"}
    return {"exit": done.returncode, "output": (done.stdout + done.stderr).splitlines()[-LAST_LINES:]}


def main(dtype: str, tokens: int, count: int) -> None:
    """Our kernels by their reasoned choice, twice; wrong results end it."""
    layers = make_layers(NANO, count, WEIGHT_DTYPES[dtype], "cuda")
    case = make_case(NANO, layers, "zipf", tokens, torch.bfloat16)
    choice = default_choice(NANO, tokens, layers[0].up.element_size())
    contender = Ours(choice, our_experts(NANO, layers, tokens, multiprocessors()), layers)
    oracle(case, layers, count - 1).require(contender)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
