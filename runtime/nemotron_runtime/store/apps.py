"""The apps' board."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from operator import attrgetter
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, RowMapping, Select, case, cast, func, select

from nemotron_runtime.store.database import Database
from nemotron_runtime.store.figures import AppRank
from nemotron_runtime.store.rows import app_of
from nemotron_runtime.store.sums import of_model
from nemotron_runtime.store.tables import app_days, apps

Order = Literal["popular", "trending"]


class AppBoard:
    """Apps by what they used. Its methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ranking(
        self,
        since: date,
        until: date,
        *,
        order: Order = "popular",
        model: str | None = None,
        category: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[AppRank]:
        """Public apps that used anything from ``since`` to ``until``, both contained.

        Args:
            order: ``popular``: by tokens. ``trending``: by tokens less the mean of the three windows of
                the same length before.
            category: Only apps that have it; their ranks begin at 1, too.
            offset: How many to leave out; ranks stay as they are.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_query(since, until, model)).mappings().all()
        found = [_unranked(row) for row in rows]
        found = [app for app in found if category is None or category in app.categories]
        by = attrgetter("trend_tokens" if order == "trending" else "tokens")
        found.sort(key=lambda app: (-by(app), app.app_id))
        ranked = [replace(app, rank=place) for place, app in enumerate(found, 1)]
        return ranked[offset : None if limit is None else offset + limit]


def _query(since: date, until: date, model: str | None) -> Select[Any]:
    """Every public app of the window with its tokens in it, and in the three windows before."""
    earliest = since - 3 * (until - since + timedelta(days=1))
    inside = app_days.c.day >= since
    tokens, requests = _sum(app_days.c.tokens, inside), _sum(app_days.c.requests, inside)
    return (
        select(
            apps,
            tokens.label("tokens"),
            requests.label("requests"),
            _sum(app_days.c.tokens, ~inside).label("before"),
        )
        .join(app_days, app_days.c.app_id == apps.c.id)
        .where(
            apps.c.hidden.is_(False),
            app_days.c.day.between(earliest, until),
            of_model(app_days.c.model, model),
        )
        .group_by(apps.c.id)
        .having(requests > 0)
    )


def _sum(column: ColumnElement[int], where: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.sum(case((where, column), else_=0)), BigInteger)


def _unranked(row: RowMapping) -> AppRank:
    app = app_of(row)
    return AppRank(
        rank=0,
        app_id=row["id"],
        title=app.title,
        url=app.url,
        categories=app.categories,
        tokens=row["tokens"],
        requests=row["requests"],
        trend_tokens=row["tokens"] - row["before"] // 3,
    )
