"""Climbs the ladder: at each token count vLLM's best tiles first, then our kernels against those."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nemotron_kernels.choice import Choice
from nemotron_kernels.dispatch import Dispatch
from nemotron_kernels.geometry import Geometry
from nemotron_kernels.tune.candidates import TileConfig, choices, tile_configs
from nemotron_kernels.tune.cases import KINDS, Kind
from nemotron_kernels.tune.clock import as_json
from nemotron_kernels.tune.contenders import Contender
from nemotron_kernels.tune.field import Field
from nemotron_kernels.tune.ladder import CHECKED, LADDER, Rung, ranges
from nemotron_kernels.tune.search import Effort, Verdict, search


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured.

    Attributes:
        tokens: rungs, in order.
        checked: counts between them at which what was found must hold.
        kinds: of routing; the first must be won.
        effort: how long each.
        quick: few candidates.
    """

    tokens: tuple[int, ...] = LADDER
    checked: tuple[int, ...] = CHECKED
    kinds: tuple[Kind, ...] = KINDS
    effort: Effort = field(default_factory=Effort)
    quick: bool = False

    def steps(self, geometry: Geometry, weight_bytes: int, *, tiles: bool) -> dict[int, int]:
        """Candidates at each rung, without what is checked between."""
        return {
            tokens: len(choices(geometry, tokens, weight_bytes, quick=self.quick))
            + (len(tile_configs(geometry, tokens, weight_bytes, quick=self.quick)) if tiles else 0)
            for tokens in self.tokens
        }


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of gains.

    Attributes:
        tokens: T.
        what: `tiles` of vLLM, or `ours`.
        verdict: what the search found.
        distinct: experts that a layer reached on average, by routing.
    """

    tokens: int
    what: str
    verdict: Verdict
    distinct: dict[Kind, float]

    def as_json(self, layers: int) -> dict[str, Any]:
        """For files of results; times are of one of `layers` layers."""
        verdict = self.verdict
        return {
            "tokens": self.tokens,
            "what": self.what,
            "best": verdict.best,
            "won": verdict.winner is not None,
            "error": verdict.error,
            "stock_error": verdict.stock_error,
            "distinct": self.distinct,
            "compared": {kind: as_json(one, layers) for kind, one in verdict.compared.items()},
            "rejected": dict(verdict.rejected),
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the climb found: rungs, vLLM's tiles for each rung (a full ladder, or none), and the table."""

    rungs: tuple[Rung, ...]
    tiles: dict[int, TileConfig]
    rows: tuple[Row, ...]

    @property
    def tiles_won(self) -> bool:
        """Whether any of vLLM's tiles is worth a file."""
        return any(row.what == "tiles" and row.verdict.winner is not None for row in self.rows)


@dataclass(frozen=True, slots=True)
class Tell:
    """Hears how far it is: each candidate that is done, and each row."""

    step: Callable[[int, str], None] = lambda tokens, name: None
    row: Callable[[Row], None] = lambda row: None


def climb(field: Field, plan: Plan, tell: Tell | None = None) -> Outcome:
    """Measures all of a plan.

    Raises:
        WrongResult: vLLM's own experts are wrong here, so nothing can be compared.
    """
    return _Climb(field, plan, tell or Tell()).run()


class _Climb:
    def __init__(self, field: Field, plan: Plan, tell: Tell) -> None:
        self.field, self.plan, self.tell = field, plan, tell
        self.tiles: dict[int, TileConfig] = {}
        self.rungs: list[Rung] = []
        self.rows: list[Row] = []

    def run(self) -> Outcome:
        for tokens in self.plan.tokens:
            if self.field.current:
                self.tiles[tokens] = self._best_tiles(tokens)
            candidates = choices(self.field.geometry, tokens, self.field.weight_bytes, quick=self.plan.quick)
            self.rungs.append(self._best_of(tokens, candidates))
        for tokens in self.plan.checked:
            chosen = Dispatch(ranges(self.rungs)).choose(tokens)
            if chosen.way != "stock" and tokens not in self.plan.tokens:
                self.rungs.append(self._best_of(tokens, [chosen]))
        return Outcome(tuple(self.rungs), self._whole_ladder(), tuple(self.rows))

    def _best_tiles(self, tokens: int) -> TileConfig:
        assert self.field.current
        configs = tile_configs(self.field.geometry, tokens, self.field.weight_bytes, quick=self.plan.quick)
        contenders = [self.field.stock(config) for config in configs]
        verdict = self._row(tokens, "tiles", self.field.stock(None), contenders).verdict
        return self.field.current(tokens) if verdict.winner is None else configs[verdict.winner]

    def _best_of(self, tokens: int, candidates: Sequence[Choice]) -> Rung:
        contenders = [self.field.ours(choice) for choice in candidates]
        verdict = self._row(tokens, "ours", self.field.stock(self._tiles_at(tokens)), contenders).verdict
        if verdict.winner is None:
            return Rung(tokens)
        gain = min(one.gain for one in verdict.compared.values())
        return Rung(tokens, candidates[verdict.winner], gain)

    def _tiles_at(self, tokens: int) -> TileConfig | None:
        """As vLLM would look them up in the file that is being made."""
        return self.tiles[min(self.tiles, key=lambda rung: abs(rung - tokens))] if self.tiles else None

    def _row(self, tokens: int, what: str, baseline: Contender, candidates: Sequence[Contender]) -> Row:
        arenas = self.field.arenas(tokens, self.plan.kinds, baseline)
        verdict = search(arenas, candidates, self.plan.effort, lambda name: self.tell.step(tokens, name))
        row = Row(tokens, what, verdict, {arena.case.kind: arena.case.mean_distinct for arena in arenas})
        self.rows.append(row)
        self.tell.row(row)
        return row

    def _whole_ladder(self) -> dict[int, TileConfig]:
        """vLLM takes the nearest key of a file, so a file with gaps would change what was never measured."""
        if not self.field.current:
            return {}
        return {
            tokens: self.tiles.get(tokens) or self.field.current(tokens)
            for tokens in sorted({*LADDER, *self.tiles})
        }
