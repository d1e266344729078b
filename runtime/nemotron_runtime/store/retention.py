"""What is deleted when: in small steps, so that nothing waits for long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, delete, select

from nemotron_runtime.store import tables
from nemotron_runtime.store.periods import DAY_S

STEP_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that rows are kept; None: for ever. Sums by day are always kept."""

    generations_days: float | None = 90
    contents_days: float | None = 7
    minutes_days: float | None = 90


USUAL = Retention()


def prune(connection: Connection, retention: Retention, now_s: float) -> bool:
    """Deletes one step of what is too old; True: there may be more."""
    generations, contents, minutes = tables.generations.c, tables.contents.c, tables.minutes.c
    steps = (
        (generations.seq, generations.created_s, retention.generations_days),
        (contents.id, contents.created_s, retention.contents_days),
        (minutes.minute_s, minutes.minute_s, retention.minutes_days),
    )
    full = [
        _delete(connection, key, when, int(now_s - days * DAY_S))
        for key, when, days in steps
        if days is not None
    ]
    return any(full)


def _delete(connection: Connection, key: Column[Any], when: Column[Any], before_s: int) -> bool:
    oldest = select(key).where(when < before_s).order_by(when).limit(STEP_ROWS)
    gone = connection.execute(delete(key.table).where(key.in_(oldest.scalar_subquery())))
    return gone.rowcount >= STEP_ROWS
