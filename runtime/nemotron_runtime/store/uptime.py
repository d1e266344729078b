"""How much of the time this server answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from nemotron_runtime.store.database import Database
from nemotron_runtime.store.figures import Bar, UptimeFigures
from nemotron_runtime.store.periods import DAY_S, MINUTE_S, minute_of
from nemotron_runtime.store.sums import of_model
from nemotron_runtime.store.tables import minutes

LEAST_ATTEMPTS = 10
LEAST_SUCCESSES_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Minute:
    """Attempts of one minute; ``t`` is its beginning."""

    t: int
    attempts: int
    failures: int


class Uptime:
    """Attempts exclude what was the caller's fault, rate-limited or cancelled. Its methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def figures(self, model: str | None, now_s: float) -> UptimeFigures:
        """Over the last whole minutes."""
        until = minute_of(now_s)
        last_day = self._minutes(model, until - DAY_S, until)
        return UptimeFigures(
            last_5m=uptime(minute for minute in last_day if minute.t >= until - 5 * MINUTE_S),
            last_30m=uptime(minute for minute in last_day if minute.t >= until - 30 * MINUTE_S),
            last_1d=uptime(last_day),
        )

    def bars(self, model: str | None, since_s: float, until_s: float, step_s: int) -> list[Bar]:
        """One bar for each step, which begin at multiples of ``step_s``."""
        first = int(since_s) // step_s * step_s
        attempts: dict[int, int] = {}
        failures: dict[int, int] = {}
        for minute in self._minutes(model, first, until_s):
            t = minute.t // step_s * step_s
            attempts[t] = attempts.get(t, 0) + minute.attempts
            failures[t] = failures.get(t, 0) + minute.failures
        return [
            Bar(t, 100 * (attempts[t] - failures[t]) / attempts[t] if attempts.get(t) else None)
            for t in range(first, int(until_s), step_s)
        ]

    def _minutes(self, model: str | None, since_s: float, until_s: float) -> list[Minute]:
        of = minutes.c
        query = (
            select(of.minute_s, func.sum(of.attempts), func.sum(of.failures))
            .where(of_model(of.model, model), of.minute_s >= int(since_s), of.minute_s < int(until_s))
            .group_by(of.minute_s)
        )
        with self._database.reading() as connection:
            return [Minute(t, int(tried), int(failed)) for t, tried, failed in connection.execute(query)]


def uptime(of: Iterable[Minute]) -> float | None:
    """Percent of the minutes with enough attempts in which enough of them succeeded; None without any."""
    counted = [minute for minute in of if minute.attempts >= LEAST_ATTEMPTS]
    if not counted:
        return None
    up = [minute for minute in counted if _enough(minute)]
    return 100 * len(up) / len(counted)


def _enough(minute: Minute) -> bool:
    successes = minute.attempts - minute.failures
    return 100 * successes >= LEAST_SUCCESSES_PERCENT * minute.attempts
