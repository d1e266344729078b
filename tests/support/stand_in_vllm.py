"""A stand-in for vLLM whose functions have the right names and no bodies."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


def define(source: str, name: str) -> Any:
    """The function `name` of `source`, with its source at hand for `inspect`."""
    file = f"<stand-in {hash(source)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope: dict[str, Any] = {}
    exec(compile(source, file, "exec"), scope)
    return scope[name]


def function(parameters: str) -> Any:
    return define(f"def f({', '.join(parameters.split())}): ...", "f")


def put(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    module, _, path = name.partition(":")
    if module not in sys.modules or sys.modules[module].__spec__ is not None:
        monkeypatch.setitem(sys.modules, module, ModuleType(module))
    holder: Any = sys.modules[module]
    *owners, last = path.split(".")
    for owner in owners:
        if not hasattr(holder, owner):
            setattr(holder, owner, SimpleNamespace())
        holder = getattr(holder, owner)
    setattr(holder, last, value)


def stand_in(monkeypatch: pytest.MonkeyPatch, signatures: Mapping[str, str], version: str = "0.32.0") -> None:
    """A vLLM that is as a contract says."""
    package = ModuleType("vllm")
    package.__version__ = version  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", package)
    for name, parameters in signatures.items():
        put(monkeypatch, name, function(parameters))
