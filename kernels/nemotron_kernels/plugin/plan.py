"""What a layer shall do at each count of tokens, and why: the mode and the measurement at hand decide."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nemotron_kernels import dispatch
from nemotron_kernels.choice import Choice
from nemotron_kernels.dispatch import BadDispatch, Dispatch
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.plugin.mode import Mode

TUNED_FOLDER = "VLLM_TUNED_CONFIG_FOLDER"
FP8 = "fp8_w8a8"
"""As vLLM names the dtype in its files of tuned tiles; bf16 has no name there."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The ranges of token counts, and in words where they come from or why there are none."""

    dispatch: Dispatch
    why: str


def folders() -> list[Path]:
    """Where measurements are looked for, in order: the user's own folder, then what came with us."""
    own = os.environ.get(TUNED_FOLDER)
    return [folder for folder in (Path(own) if own else None, dispatch.shipped_folder()) if folder]


@functools.cache
def at_hand(mode: Mode, geometry: Geometry, card: str, dtype: str | None, vllm: str) -> Plan:
    """The plan of this process; see `make`."""
    return make(mode, geometry, card, dtype, vllm, folders())


def make(
    mode: Mode, geometry: Geometry, card: str, dtype: str | None, vllm: str, where: Sequence[Path]
) -> Plan:
    """Reads the card's measurement, and says what to do without one.

    Args:
        mode: `auto` or `on`.
        geometry: of the layer on one GPU.
        card: as vLLM names it in files.
        dtype: None or `FP8`.
        vllm: the version that runs.
        where: folders, the first one that has the file wins.

    Raises:
        BadDispatch: the file can't be used, in mode `on`.
    """
    path = dispatch.find(where, dispatch.file_name(geometry, card, dtype))
    if path is None:
        return _unmeasured(mode, geometry, card, dtype)
    try:
        found = dispatch.read(path)
    except BadDispatch as error:
        if mode is Mode.ON:
            raise
        return Plan(Dispatch(), f"stock, for the measurement can't be used: {error}")
    measured = found.measured["vllm"]
    if _minor(measured) != _minor(vllm):
        line = f"{path.name} was measured with vLLM {measured}, this is {vllm}"
        used = Plan(found, f"{line}; used all the same")
        return used if mode is Mode.ON else Plan(Dispatch(), f"stock: {line}")
    return Plan(found, f"measured: {path.name}")


def narrowed(ranges: Dispatch, *, routing: bool, shared: bool) -> Dispatch:
    """The same kernels, with fused routing and the folded shared expert only where these can be had."""

    def can(choice: Choice) -> Choice:
        return replace(
            choice,
            fused_routing=choice.fused_routing and routing,
            folded_shared=choice.folded_shared and shared,
        )

    return replace(ranges, ranges=tuple(replace(r, choice=can(r.choice)) for r in ranges.ranges))


def _unmeasured(mode: Mode, geometry: Geometry, card: str, dtype: str | None) -> Plan:
    line = f"{card} was not measured with {dtype or 'bf16'} and {geometry.intermediate} wide experts"
    if mode is Mode.ON:
        return Plan(dispatch.everywhere_ours(geometry, 1 if dtype else 2), f"{line}: reasoned tiles")
    tiles = "stock, with vLLM's tuned tiles where it has them"
    return Plan(Dispatch(), f"{tiles}: {line}; `nemotron tune` does that")


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
