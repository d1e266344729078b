"""Section by section in the order of worth, until the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nemotron_bench.kernels import profilers, rivals
from nemotron_kernels.choice import Choice, default_choice
from nemotron_kernels.dispatch import Dispatch
from nemotron_kernels.geometry import CARDS, Geometry
from nemotron_kernels.tune import card
from nemotron_kernels.tune.cases import KINDS, Case, Kind
from nemotron_kernels.tune.check import Oracle
from nemotron_kernels.tune.clock import Program, as_json, compare, warm_up
from nemotron_kernels.tune.contenders import Contender

if TYPE_CHECKING:
    from nemotron_bench.kernels.command import Options

REPEATS, ROUNDS = 50, 3
WARM_S = 2.0


class Run:
    """The sections, one after the other while there is time."""

    def __init__(
        self,
        options: Options,
        geometry: Geometry,
        name: str,
        ranges: Dispatch | None,
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        self.options, self.geometry, self.dispatch, self.tell = options, geometry, ranges, tell
        self.until = time.monotonic() + options.seconds
        self.peaks = CARDS.get(name)
        self.rows: list[dict[str, Any]] = []
        self.skipped: list[str] = []
        self.result: dict[str, Any] = {
            "rows": self.rows,
            "skipped": self.skipped,
            "ranges": ranges.source if ranges else "reasoned tiles, not tuned",
            "clocks": {"before": card.smi()},
        }

    def run(self) -> dict[str, Any]:
        """Correctness and time of each batch, uniform routing first; then other routings; then profiles."""
        o = self.options
        self.field = rivals.field(self.geometry, o.dtype, max(o.tokens), o.layers)
        self.result |= {"layers": len(self.field.layers), "baselines": self.field.said}
        self._warm()
        for kind in KINDS:
            for tokens in self.options.tokens:
                if self._has_time(f"{kind}, {tokens} tokens"):
                    self._batch(kind, tokens)
        self.result["clocks"]["after"] = card.smi()
        self.field.release()
        for name, section in (("ncu", profilers.ncu), ("racecheck", profilers.racecheck)):
            if self._has_time(name):
                self.result[name] = section(self.options.dtype, self.until - time.monotonic())
        return self.result

    def _has_time(self, what: str) -> bool:
        if time.monotonic() < self.until:
            return True
        self.skipped.append(what)
        return False

    def _warm(self) -> None:
        case = self.field.case("uniform", self.options.tokens[0])
        warm_up(self.field.program(self.field.ours(self._choice(self.options.tokens[0])), case), WARM_S)

    def _choice(self, tokens: int) -> Choice:
        found = self.dispatch.choose(tokens) if self.dispatch else None
        weight_bytes = self.field.layers[0].up.element_size()
        return (
            found if found and found.way != "stock" else default_choice(self.geometry, tokens, weight_bytes)
        )

    def _batch(self, kind: Kind, tokens: int) -> None:
        """Each rival against vLLM's own, or alone where vLLM is not here."""
        case, others = self.field.case(kind, tokens), self.field.rivals(self._choice(tokens))
        truth = self.field.oracle(case)
        stock_error = truth.measure(self.field.stock) if self.field.stock else 0.0
        stock = self.field.program(self.field.stock, case) if self.field.stock else None
        for place, contender in enumerate(others):
            row = {
                "ours": place == 0,
                "routing": kind,
                "tokens": tokens,
                "name": contender.name,
                "distinct": round(case.mean_distinct, 2),
            }
            self.rows.append(row | self._measured(contender, case, truth, stock, stock_error))
            self.tell(self.rows[-1])

    def _measured(
        self, contender: Contender, case: Case, truth: Oracle, stock: Program | None, stock_error: float
    ) -> dict[str, Any]:
        row: dict[str, Any] = {"stock_error": stock_error}
        try:
            row["error"] = truth.require(contender, stock_error)
            program = self.field.program(contender, case)
        except Exception as fault:  # the next contender may do better
            reason = str(fault).strip().splitlines() or [type(fault).__name__]
            return row | {"wrong": reason[0]}
        against = stock or program
        found = compare(against, program, rounds=ROUNDS, repeats=REPEATS // ROUNDS)
        row |= as_json(found, len(self.field.layers))
        if stock is None:
            row |= {"gain": None, "stock_us": None}
        return row | self._floor(case, found.b.median / len(self.field.layers))

    def _floor(self, case: Case, us: float) -> dict[str, Any]:
        """Of the bytes that these distinct experts need, at the data sheet's peaks."""
        weight_bytes = self.field.layers[0].up.element_size()
        shared = self.field.layers[0].shared_up is not None
        needed = self.geometry.needed_bytes(case.tokens, case.mean_distinct, weight_bytes, shared=shared)
        found: dict[str, Any] = {"needed_mb": round(needed / 1e6, 2), "gb_s": round(needed / us / 1e3, 1)}
        if self.peaks:
            floor = self.peaks.floor_us(needed, self.geometry.flops(case.tokens, shared=shared), weight_bytes)
            found |= {"floor_us": round(floor, 2), "to_floor": round(us / floor, 3)}
        return found
