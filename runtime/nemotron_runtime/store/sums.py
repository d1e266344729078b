"""Sums of roll-up rows in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, RowMapping, cast, false, func, or_

from nemotron_runtime.store.figures import Counts
from nemotron_runtime.store.money import money_sum
from nemotron_runtime.store.tables import COSTS, COUNTS


def sum_columns(table: FromClause) -> list[ColumnElement[Any]]:
    """A sum of each field of :class:`~nemotron_runtime.store.figures.Counts`."""
    whole = (cast(func.coalesce(func.sum(table.c[name]), 0), BigInteger).label(name) for name in COUNTS)
    return [*whole, *(money_sum(table.c[name]).label(name) for name in COSTS)]


def counts_of_row(row: RowMapping) -> Counts:
    """The sums of a row that :func:`sum_columns` gave."""
    return Counts(**{name: row[name] for name in (*COUNTS, *COSTS)})


def of_model(column: ColumnElement[str], model: str | None) -> ColumnElement[bool]:
    """Rows of a slug in all its variants; None: of every model."""
    if model is None:
        return ~false()
    return or_(column == model, column.startswith(f"{model}:", autoescape=True))
