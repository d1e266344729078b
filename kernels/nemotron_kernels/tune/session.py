"""One tuning from the empty card to the files: search, check end to end, write."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from nemotron_kernels import dispatch
from nemotron_kernels.dispatch import Dispatch, Range
from nemotron_kernels.geometry import NANO, Geometry
from nemotron_kernels.tune import card, files
from nemotron_kernels.tune.climb import Outcome, Plan, Tell, climb
from nemotron_kernels.tune.clock import as_json
from nemotron_kernels.tune.end_to_end import EndToEnd, Load, Run, Side, compare_engines, kept
from nemotron_kernels.tune.field import FILE_DTYPES, MOST_LAYERS, Dtype, Field, fitting_layers, on_card
from nemotron_kernels.tune.ladder import ranges

COMPILE_S, CANDIDATE_S, ROW_S, ENGINE_S = 2.0, 1.0, 15.0, 300.0
"""Reasoned, not measured, and only for the time that is told before a run: a tile that is compiled, what a
candidate takes besides, the cases of a row, the start of an engine with a whole model."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    Attributes:
        folder: where files are written.
        geometry: of a layer on one GPU.
        dtype: of its weights.
        plan: what is measured.
        load: for the end-to-end run; None leaves that out.
        layers: at most.
    """

    folder: Path
    geometry: Geometry = NANO
    dtype: Dtype = "bf16"
    plan: Plan = field(default_factory=Plan)
    load: Load | None = None
    layers: int = MOST_LAYERS

    @property
    def weight_bytes(self) -> int:
        """Bytes of one weight."""
        return 1 if self.dtype == "fp8" else 2

    def estimated_s(self) -> float:
        """About how long it takes, by a rule of thumb."""
        steps = self.plan.steps(self.geometry, self.weight_bytes, tiles=True)
        tried = sum(steps.values())
        return tried * (COMPILE_S + CANDIDATE_S) + 2 * len(steps) * ROW_S + (3 * ENGINE_S if self.load else 0)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Attributes:
        outcome: of the search.
        ranges: that are ours.
        tiles: whether vLLM's file is written.
        end_to_end: None where that was left out.
        written: the receipt; None where nothing won.
        facts: of the card and the run.
    """

    outcome: Outcome
    ranges: tuple[Range, ...]
    tiles: bool
    end_to_end: EndToEnd | None
    written: files.Receipt | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Means:
    """What a session works with; tests have their own."""

    require_card: Callable[[], str] = card.require_card
    field: Callable[[Order], tuple[Field, str]] | None = None
    run: Run | None = None


def tune(order: Order, tell: Tell | None = None, means: Means | None = None) -> Result:
    """Measures, and writes what won.

    Raises:
        nemotron_kernels.tune.card.NoCard: there is no card for it.
        nemotron_kernels.tune.stock.NoStock: vLLM is not here.
        nemotron_kernels.tune.field.TooSmall: other programs use the card.
        nemotron_kernels.tune.end_to_end.EngineFailed: a whole model did not run.
    """
    means = means or Means()
    name = card.file_card_name(means.require_card())
    arena, backend = (means.field or _on_card)(order)
    outcome = climb(arena, order.plan, tell)
    facts = card.facts() | {"layers": len(arena.layers), "vllm_backend": backend, "dtype": order.dtype}
    del arena  # an engine needs the card's memory
    _free()
    ours, tiles, found = ranges(outcome.rungs), outcome.tiles_won, None
    if order.load and (ours or tiles):
        found = _end_to_end(order, name, outcome, ours, facts, means.run)
        ours, tiles = kept(ours, found), tiles and not found.loses
        facts["end_to_end"] = {str(n): as_json(one, 1) for n, one in found.compared.items()}
    documents = _documents(order, name, outcome, ours, facts, tiles=tiles)
    receipt = files.write(order.folder, documents, facts) if documents else None
    return Result(outcome, ours, tiles, found, receipt, facts)


def _on_card(order: Order) -> tuple[Field, str]:
    free, _ = torch.cuda.mem_get_info()
    count = fitting_layers(order.geometry, free, order.layers)
    made, stock = on_card(order.geometry, order.dtype, max(order.plan.tokens), count)
    return made, stock.backend


def _free() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _end_to_end(
    order: Order,
    name: str,
    outcome: Outcome,
    ours: tuple[Range, ...],
    facts: Mapping[str, Any],
    run: Run | None,
) -> EndToEnd:
    assert order.load
    with TemporaryDirectory() as folder:
        documents = _documents(order, name, outcome, ours, facts, tiles=outcome.tiles_won)
        files.write(Path(folder), documents, {})
        return compare_engines(order.load, Side("on" if ours else "off", Path(folder)), run)


def _documents(
    order: Order,
    name: str,
    outcome: Outcome,
    ours: tuple[Range, ...],
    facts: Mapping[str, Any],
    *,
    tiles: bool,
) -> dict[str, Any]:
    """The files by name: ours if any range is ours, vLLM's if any of its tiles won."""
    dtype, g = FILE_DTYPES[order.dtype], order.geometry
    documents: dict[str, Any] = {}
    if ours:
        measured = dict(facts) | {"vllm": facts["versions"].get("vllm", ""), "gpu": facts["gpu"] or name}
        content = replace(Dispatch(), ranges=ours, measured=measured).as_json()
        documents[dispatch.file_name(g, name, dtype)] = content
    if tiles:
        vllms = card.vllm_file_name(g.experts, g.intermediate, name, dtype)
        documents[vllms] = {str(tokens): config for tokens, config in outcome.tiles.items()}
    return documents
