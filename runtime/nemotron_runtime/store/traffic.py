"""How much there was to do and how fast it went."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, func, select

from nemotron_runtime.store.database import Database
from nemotron_runtime.store.figures import Counts, Percentiles, Point, Speed
from nemotron_runtime.store.periods import DAY_S
from nemotron_runtime.store.sums import counts_of_row, of_model, sum_columns
from nemotron_runtime.store.tables import generations, minutes

SAMPLE = 50_000
"""Generations that percentiles of a long window are taken of; more of them are sampled evenly."""


class Traffic:
    """Figures over a window of time, ``since_s`` contained and ``until_s`` not. Its methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def totals(self, model: str | None, since_s: float, until_s: float) -> Counts:
        """Sums over whole minutes."""
        query = _window(select(*sum_columns(minutes)), model, since_s, until_s)
        with self._database.reading() as connection:
            return counts_of_row(connection.execute(query).mappings().one())

    def weekly_tokens(self, model: str | None, now_s: float) -> int:
        """Prompt and completion tokens of the last seven days."""
        return self.totals(model, now_s - 7 * DAY_S, now_s + 1).tokens

    def speed(self, model: str | None, since_s: float, until_s: float) -> Speed:
        """Percentiles over the whole window."""
        with self._database.reading() as connection:
            measured = _measured(connection, model, since_s, until_s, step_s=0)
        return measured[0].speed() if measured else Speed()

    def series(self, model: str | None, since_s: float, until_s: float, step_s: int) -> list[Point]:
        """One point for each step, empty ones too. Steps begin at multiples of ``step_s``, of minutes."""
        first = int(since_s) // step_s * step_s
        step = (minutes.c.minute_s - minutes.c.minute_s % step_s).label("t")
        query = _window(select(step, *sum_columns(minutes)).group_by("t"), model, first, until_s)
        with self._database.reading() as connection:
            counts = {row["t"]: counts_of_row(row) for row in connection.execute(query).mappings()}
            measured = _measured(connection, model, first, until_s, step_s)
        return [
            Point(t, counts.get(t, Counts()), measured[t].speed() if t in measured else Speed())
            for t in range(first, int(until_s), step_s)
        ]


def _window(query: Select[Any], model: str | None, since_s: float, until_s: float) -> Select[Any]:
    minute = minutes.c.minute_s
    return query.where(of_model(minutes.c.model, model), minute >= int(since_s), minute < int(until_s))


@dataclass(slots=True)
class _Measured:
    throughput: list[float] = field(default_factory=list)
    ttft_ms: list[float] = field(default_factory=list)
    e2e_ms: list[float] = field(default_factory=list)

    def add(self, first_token_s: float, total_s: float, completion_tokens: int) -> None:
        self.ttft_ms.append(first_token_s * 1000)
        self.e2e_ms.append(total_s * 1000)
        self.throughput.append(completion_tokens / total_s)

    def speed(self) -> Speed:
        return Speed(
            requests=len(self.e2e_ms),
            throughput=Percentiles.of(self.throughput, falling=True),
            ttft_ms=Percentiles.of(self.ttft_ms),
            e2e_ms=Percentiles.of(self.e2e_ms),
        )


def _measured(
    connection: Connection, model: str | None, since_s: float, until_s: float, step_s: int
) -> dict[int, _Measured]:
    """Finished generations with any output, by the step they began in; a step of 0 is the whole window."""
    of = generations.c
    finished = (
        of_model(of.model, model),
        of.created_s >= int(since_s),
        of.created_s < int(until_s),
        of.outcome == "finished",
        of.first_token_s.is_not(None),
        of.total_s > 0,
    )
    query = select(of.created_s, of.first_token_s, of.total_s, of.completion_tokens).where(*finished)
    count = connection.execute(select(func.count()).select_from(generations).where(*finished)).scalar_one()
    if count > SAMPLE:
        query = query.where(of.seq % -(-count // SAMPLE) == 0)
    measured: dict[int, _Measured] = defaultdict(_Measured)
    for created_s, first_token_s, total_s, completion_tokens in connection.execute(query):
        step = created_s // step_s * step_s if step_s else 0
        measured[step].add(first_token_s, total_s, completion_tokens)
    return measured
