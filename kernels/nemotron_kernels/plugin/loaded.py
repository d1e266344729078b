"""Once a model is loaded: the last arrangements in its layers, and the proof of what runs them."""

from __future__ import annotations

from typing import Any

import torch

from nemotron_kernels.plugin import report
from nemotron_kernels.plugin.method import Ours, methods
from nemotron_kernels.plugin.mode import Mode
from nemotron_kernels.plugin.report import Report


class NotReplaced(RuntimeError):
    """Mode `on` was asked for, and a layer has not got our experts; the message says why."""


def finish(model: torch.nn.Module, config: Any, rank: int, mode: Mode) -> None:
    """Settles each MoE layer, and says what was replaced.

    Args:
        model: as loaded.
        config: vLLM's `VllmConfig`.
        rank: of this worker.
        mode: of the process.

    Raises:
        NotReplaced: some layer was not, in mode `on`.
    """
    layers = methods(model)
    for runner, method in layers:
        if isinstance(method, Ours):
            method.settle(runner, config)
    state = state_of([method for _, method in layers], mode)
    if not layers:
        return
    report.log.info("%s", state)
    state.publish(rank)
    if mode is Mode.ON and state.replaced != state.layers:
        raise NotReplaced(
            f"NEMOTRON_KERNELS=on, but only {state.replaced} of {state.layers} MoE layers were replaced: "
            f"{state.why}. Set it to auto to go on with vLLM's own experts."
        )


def state_of(found: list[Any], mode: Mode) -> Report:
    """The report on a model's methods."""
    replaced = [m for m in found if isinstance(m, Ours) and m.experts and m.experts.dispatch.replaces]
    others = [m for m in found if m not in replaced]
    if not replaced or not (plan := replaced[0].plan):
        return Report(mode, 0, len(found), report.counted(map(_reason, others)))
    first = replaced[0]
    why = "; ".join([plan.why, *([report.counted(map(_reason, others))] if others else [])])
    notes = first.notes
    if first.stock.upper() != "TRITON":
        notes += (f"stock is vLLM's Triton experts here; without us it would be {first.stock}",)
    return Report(mode, len(replaced), len(found), why, tuple(report.rows(plan.dispatch)), notes)


def _reason(method: Any) -> str:
    if not isinstance(method, Ours):
        return f"weights of {type(method).__name__}"
    return method.obstacle or (method.plan.why if method.plan else "not loaded")
