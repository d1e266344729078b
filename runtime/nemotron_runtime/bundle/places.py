"""Where things lie on a machine. As huggingface-hub and vLLM have it, without importing either."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from nemotron_runtime.bundle.manifest import Origin

RECEIPT = "nemotron-receipt.json"
"""Written by ``nemotron pull`` into a repository's folder: what is there, and that it was found right."""


def hub_cache(environ: Mapping[str, str] = os.environ) -> Path:
    """Hugging Face's cache of repositories."""
    if found := environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(found).expanduser()
    home = environ.get("HF_HOME") or _xdg(environ, "XDG_CACHE_HOME", ".cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def engine_cache(environ: Mapping[str, str] = os.environ) -> Path:
    """vLLM's cache of compiled graphs."""
    return Path(
        environ.get("VLLM_CACHE_ROOT") or _xdg(environ, "XDG_CACHE_HOME", ".cache") / "vllm"
    ).expanduser()


def weights_folder(origin: Origin, environ: Mapping[str, str] = os.environ) -> Path:
    """Where weights of this origin are looked for."""
    if origin.repo is None:
        return _xdg(environ, "XDG_DATA_HOME", ".local/share") / "nemotron/weights" / (origin.name or "")
    return repo_folder(origin, environ) / "snapshots" / (origin.commit or "")


def repo_folder(origin: Origin, environ: Mapping[str, str] = os.environ) -> Path:
    """The repository's folder in the hub's cache."""
    return hub_cache(environ) / f"models--{(origin.repo or '').replace('/', '--')}"


def origin_of(folder: Path) -> Origin:
    """Tells from the path of a folder of weights where they came from."""
    repository, snapshots = folder.parent.parent, folder.parent.name
    owner, _, name = repository.name.removeprefix("models--").partition("--")
    if snapshots == "snapshots" and repository.name.startswith("models--") and owner and name:
        return Origin(f"{owner}/{name}", folder.name, _licence(repository))
    return Origin(name=folder.name)


def _licence(repository: Path) -> str:
    try:
        return str(json.loads((repository / RECEIPT).read_bytes())["licence"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _xdg(environ: Mapping[str, str], name: str, usual: str) -> Path:
    return Path(environ.get(name) or Path.home() / usual).expanduser()
