"""What was used, by UTC day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import literal, select

from nemotron_runtime.store.database import Database
from nemotron_runtime.store.figures import ActivityDay
from nemotron_runtime.store.sums import counts_of_row, of_model, sum_columns
from nemotron_runtime.store.tables import days


class Activity:
    """Sums by day. Its methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_day(
        self,
        since: date,
        until: date,
        *,
        key_hash: str | None = None,
        model: str | None = None,
        by_key: bool = False,
    ) -> list[ActivityDay]:
        """Days with any use, newest first, then by model and key.

        Args:
            since: The first day.
            until: The last day, contained.
            key_hash: Of one key only; empty: of requests without a key.
            model: Of one slug in all its variants; each variant has rows of its own.
            by_key: A row for each key; else their sum, whose ``key_hash`` is None.
        """
        key = days.c.key_hash if by_key else literal(None).label("key_hash")
        groups = [days.c.day, days.c.model, *([days.c.key_hash] if by_key else [])]
        query = (
            select(days.c.day, days.c.model, key, *sum_columns(days))
            .where(days.c.day.between(since, until), of_model(days.c.model, model))
            .group_by(*groups)
            .order_by(days.c.day.desc(), *groups[1:])
        )
        if key_hash is not None:
            query = query.where(days.c.key_hash == key_hash)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [ActivityDay(row["day"], row["model"], row["key_hash"], counts_of_row(row)) for row in rows]
