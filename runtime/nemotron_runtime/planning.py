"""What the plan for this machine's cards makes of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nemotron_runtime.errors import ConfigError, HardwareUnsupported
from nemotron_runtime.hardware.here import Cards
from nemotron_runtime.hardware.memory import GIB
from nemotron_runtime.hardware.plan import SSM, Need, Plan, nearest, plan
from nemotron_runtime.models.shape import Shape
from nemotron_runtime.models.spec import ModelSpec
from nemotron_runtime.settings import Settings
from nemotron_runtime.weights.json_file import read_object

QUANTIZATIONS = {"FP8": "fp8", "NVFP4": "nvfp4"}
"""Variants by the ``quant_algo`` that a checkpoint names; without one it is BF16."""


def plan_for(settings: Settings, spec: ModelSpec, cards: Cards, folder: Path | None = None) -> Plan | None:
    """The plan by which these settings are to be served.

    Args:
        folder: A checkpoint of the user's; None: the published weights.

    Returns:
        None for a folder whose model has other sizes than the published one: nothing is known of it.

    Raises:
        HardwareUnsupported: It doesn't fit; says what would.
    """
    variant: str | None = settings.variant
    if folder is not None:
        if not _is(spec, read_object(folder / "config.json")):
            return None
        variant = name = _quantization(folder)
        spec = _with_size(spec, name, folder)
    need = Need(
        context_tokens=settings.context_tokens or spec.context_tokens,
        variant=variant,
        kv=settings.kv_dtype,
        ssm=settings.ssm_dtype or SSM,
        utilization=settings.gpu_memory_utilization,
    )
    count = settings.tensor_parallel or cards.count
    if count > cards.count:
        raise ConfigError(f"tensor_parallel: {count} GPUs are asked for, and {cards.count} are here")
    best = plan(spec, cards.kind, count, need, cards.memory_gib)
    if not best.fits:
        advice = nearest(spec, cards.kind, count, need, cards.memory_gib)
        raise HardwareUnsupported(
            f"{best.count} x {cards.kind.name} can't hold the {best.variant.name} weights and "
            f"{need.context_tokens:,} tokens. {advice} `nemotron plan` shows where the memory goes."
        )
    return best


def decided(best: Plan) -> Mapping[str, Any]:
    """The plan's choices, by setting."""
    return {
        "variant": best.variant.name,
        "context_tokens": best.context_tokens,
        "max_sequences": best.max_sequences,
        "batched_tokens": best.batched_tokens,
        "kv_dtype": best.kv,
        "ssm_dtype": best.ssm,
        "gpu_memory_utilization": best.utilization,
        "tensor_parallel": best.tensor_parallel,
        "moe_backend": best.moe_backend,
    }


def _is(spec: ModelSpec, config: Mapping[str, Any]) -> bool:
    try:
        return Shape.of_config(config) == spec.shape
    except KeyError:
        return False


def _quantization(folder: Path) -> str:
    """ModelOpt writes it to a file of its own, or into ``config.json``."""
    apart = folder / "hf_quant_config.json"
    table = read_object(apart).get("quantization") if apart.is_file() else None
    table = table or read_object(folder / "config.json").get("quantization_config") or {}
    return QUANTIZATIONS.get(str(table.get("quant_algo")), "bf16")


def _with_size(spec: ModelSpec, name: str, folder: Path) -> ModelSpec:
    """The variant takes as much memory as its files, where they are there: dummy weights have none."""
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors")) / GIB
    variant = spec.variant(name)
    return replace(spec, variants=(replace(variant, weights_gib=size or variant.weights_gib),))
