"""The measurements of our expert kernels that an engine would find."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from nemotron_runtime.engine.tuned import tuned_folder
from nemotron_runtime.models.spec import configs_dir

LARGEST_FILE_BYTES = 1 << 20


def measurements(environ: Mapping[str, str]) -> dict[str, str]:
    """The version of vLLM by the name of the file; empty where a file says none. The first folder wins."""
    own = environ.get("VLLM_TUNED_CONFIG_FOLDER")
    folders = [Path(own) if own else tuned_folder(), configs_dir() / "moe"]
    found: dict[str, str] = {}
    for folder in folders:
        for file in sorted(folder.glob("nemotron,*.json")) if folder else ():
            found.setdefault(file.name, _vllm(file))
    return found


def _vllm(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            return ""
        version = json.loads(file.read_bytes())["measured"]["vllm"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return version if isinstance(version, str) else ""
