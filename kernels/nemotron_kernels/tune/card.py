"""The card that is measured, and what else a result must name."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import time
from importlib import metadata
from typing import Any

import torch

HOPPER = (9, 0)
VERSIONS = ("nemotron-runtime", "vllm", "torch", "triton", "flashinfer-python")


class NoCard(RuntimeError):
    """There is no card that our kernels run on; the message says what to do."""


def file_card_name(name: str) -> str:
    """A card's name as vLLM writes it into names of files: H200 of any kind is one card."""
    written = re.sub(r"[\s/]+", "_", name)
    return "NVIDIA_H200" if "H200" in written.split("_") else written


def vllm_file_name(experts: int, intermediate: int, card: str, dtype: str | None) -> str:
    """The name under which vLLM looks for tuned tiles."""
    of_dtype = f",dtype={dtype}" if dtype else ""
    return f"E={experts},N={intermediate},device_name={card}{of_dtype}.json"


def require_card() -> str:
    """The name of the first card.

    Raises:
        NoCard: there is none, or it is not of the kind.
    """
    if not torch.cuda.is_available():
        raise NoCard(
            "no NVIDIA GPU is usable here, so nothing can be measured. Run this on the machine that serves, "
            "with a driver and a CUDA build of torch; `nemotron doctor` says what is missing"
        )
    name, capability = str(torch.cuda.get_device_name(0)), torch.cuda.get_device_capability(0)
    if capability != HOPPER:
        raise NoCard(
            f"{name} has compute capability {capability[0]}.{capability[1]}, and our kernels are for 9.0 "
            "(H100, H200, GH200): vLLM's own are used on it, and there is nothing to tune"
        )
    return name


def facts() -> dict[str, Any]:
    """GPU, driver and versions."""
    versions = {name: version for name in VERSIONS if (version := _version(name))}
    found: dict[str, Any] = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "versions": versions,
        "cuda": torch.version.cuda,
        "gpu": None,
    }
    if torch.cuda.is_available():
        found |= {"gpu": torch.cuda.get_device_name(0), "smi": smi()}
    return found


def smi() -> dict[str, str]:
    """Driver, clocks and heat, as nvidia-smi says them; empty without it."""
    fields = ("driver_version", "clocks.sm", "clocks.mem", "clocks.max.sm", "temperature.gpu", "power.draw")
    path = shutil.which("nvidia-smi")
    if not path:
        return {}
    query = [path, "--id=0", f"--query-gpu={','.join(fields)}", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True, check=False)  # noqa: S603  (no shell, fixed words)
    return dict(zip(fields, done.stdout.strip().split(", "), strict=False))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return getattr(sys.modules.get(name), "__version__", None)  # a bare folder on the path
