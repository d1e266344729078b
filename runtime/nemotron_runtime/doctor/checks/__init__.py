"""The checks, each a pure function of the facts, in the order in which they are told: the lowest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nemotron_runtime.doctor.checks import (
    clock,
    engine,
    environment,
    gpu,
    kernels,
    limits,
    port,
    settings,
    storage,
    weights,
)
from nemotron_runtime.doctor.facts import Facts
from nemotron_runtime.doctor.finding import Finding

Check = Callable[[Facts], Iterator[Finding]]
"""Says nothing where there is nothing to check on this machine."""

CHECKS: tuple[Check, ...] = (
    gpu.driver,
    gpu.cuda,
    gpu.cards,
    engine.engine,
    engine.plugin,
    engine.compiler,
    kernels.kernels,
    settings.settings,
    environment.environment,
    environment.python_path,
    weights.weights,
    storage.disk,
    storage.caches,
    port.port,
    limits.open_files,
    limits.shared_memory,
    limits.memory,
    clock.clock,
)


def examine(facts: Facts) -> tuple[Finding, ...]:
    """All findings."""
    return tuple(finding for check in CHECKS for finding in check(facts))
