"""Our own expert kernels in vLLM: asked for by environment variables, answered for by a file of each rank."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

MODE, REPORT = "NEMOTRON_KERNELS", "NEMOTRON_KERNELS_REPORT"
LARGEST_REPORT_BYTES = 1 << 20
State = dict[str, Any]


@contextmanager
def asked_for(mode: str) -> Iterator[Callable[[], State]]:
    """Within it an engine is started; yields what says, once it has loaded, what its experts run.

    Args:
        mode: ``auto``, ``on`` or ``off``.
    """
    with TemporaryDirectory(prefix="nemotron-kernels-") as folder:
        report = Path(folder) / "report"
        with _environment({MODE: mode, REPORT: str(report)}):
            yield lambda: state(mode, report)


def state(mode: str, report: Path) -> State:
    """What the first rank wrote, and how many ranks did; ``why`` says what is missing."""
    if mode == "off":
        return {"mode": mode, "why": "switched off"}
    files = sorted(report.parent.glob(f"{report.name}.*[0-9]"))
    if not files:
        return {"mode": mode, "why": "nothing was reported: they are for NVIDIA GPUs and this model"}
    try:
        found = [_read(file) for file in files]
    except (OSError, ValueError, RecursionError) as error:
        return {"mode": mode, "why": f"the report can't be read: {error}"}
    if len({one.get("replaced") for one in found}) > 1:
        return {"mode": mode, "why": "ranks differ", "ranks": found}
    return {**found[0], "ranks": len(found)}


def summary(state: Mapping[str, Any]) -> str:
    """One line; empty where no layer was asked about."""
    if "layers" not in state:
        return ""
    return f"replaced {state.get('replaced')} of {state['layers']} MoE layers ({state.get('why')})"


def _read(file: Path) -> State:
    if file.stat().st_size > LARGEST_REPORT_BYTES:
        raise ValueError("it is far too large")
    found = json.loads(file.read_bytes())
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
