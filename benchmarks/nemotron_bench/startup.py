"""How long a server takes to start: with empty caches, then with those that it filled."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import httpx

from nemotron_bench.servers import Command, Server, running
from nemotron_bench.target import report

SCHEMA: Final = 1
CACHES = (
    "VLLM_CACHE_ROOT",
    "TRITON_CACHE_DIR",
    "TORCHINDUCTOR_CACHE_DIR",
    "FLASHINFER_WORKSPACE_BASE",
    "CUDA_CACHE_PATH",
)
"""Variables that say where compiled code is kept. A start is cold when all of them are empty; the files of
weights and programs may still lie in the system's page cache."""

Kind = Literal["cold", "warm"]
_BLOCKS = ("block_size", "num_gpu_blocks", "kv_cache_memory_bytes", "gpu_memory_utilization")


@dataclass(frozen=True, slots=True)
class Start:
    """One start.

    Attributes:
        ready_s: From the command to the first good answer of ``/ready`` and ``/models``.
        phases_s: As the server tells them by ``/ready``, in order; empty where it tells none.
        server: What it says of itself.
        cache: What vLLM says of its blocks, by ``/metrics``.
    """

    kind: Kind
    ready_s: float
    phases_s: dict[str, float]
    server: dict[str, Any]
    cache: dict[str, str]


def starts(command: Command, logs: Path, ready_s: float, tell: Callable[[Kind], None]) -> Iterator[Start]:
    """A cold start and a warm one, each ended before the next.

    Args:
        logs: Folder for the server's output.
        ready_s: How long one may take.
        tell: Called before each.

    Raises:
        nemotron_bench.servers.ServerFailed: it doesn't start.
    """
    with tempfile.TemporaryDirectory(prefix="nemotron-startup-") as caches:
        places = {name: str(Path(caches) / name) for name in CACHES}
        alone = replace(command, environ={**command.environ, **places})
        for kind in ("cold", "warm"):
            tell(kind)
            with running(alone, logs / f"startup-{kind}.log", ready_s=ready_s) as server:
                yield _start(kind, server)


def document(command: Command, found: list[Start]) -> dict[str, Any]:
    """The run as JSON, without name, time and facts."""
    return {
        "schema": SCHEMA,
        "kind": "startup",
        "server_command": list(command.words),
        "environ": dict(command.environ),
        "starts": {start.kind: asdict(start) for start in found},
    }


def _start(kind: Kind, server: Server) -> Start:
    about = report(server.base_url, None)
    told = about.get("ready", {}).get("start", {})
    phases = told.get("phases") if isinstance(told, dict) else None
    return Start(
        kind=kind,
        ready_s=round(server.ready_s or 0.0, 2),
        phases_s=_phases(phases),
        server=about,
        cache=cache(_metrics(server.origin)),
    )


def _phases(told: Any) -> dict[str, float]:
    if not isinstance(told, dict):
        return {}
    return {str(name): float(took) for name, took in told.items() if isinstance(took, int | float)}


def _metrics(origin: str) -> str:
    try:
        answer = httpx.get(f"{origin}/metrics", timeout=30)
    except httpx.HTTPError:
        return ""
    return answer.text if answer.is_success else ""


def cache(metrics: str) -> dict[str, str]:
    """What vLLM says of its blocks in Prometheus' text."""
    line = next((line for line in metrics.splitlines() if line.startswith("vllm:cache_config_info{")), "")
    found = dict(re.findall(r'(\w+)="([^"]*)"', line))
    return {name: found[name] for name in _BLOCKS if name in found}
