"""The route of the apps' board."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from nemotron_runtime.api.asking import ask_store
from nemotron_runtime.api.attribution import GROUPS
from nemotron_runtime.api.queries import parse_query
from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.store.figures import AppRank
from nemotron_runtime.store.store import Store
from nemotron_runtime.wire.activity import RankedApp, RankingsBody, RankingsQuery

FIRST_DAY = date(2025, 1, 1)
"""As the hosted dataset begins."""

_WINDOW = timedelta(days=30)


def rankings_router(store: Store | None) -> APIRouter:
    """Routes ``/datasets/app-rankings``, for any key."""
    router = APIRouter()

    @router.get("/datasets/app-rankings")
    async def rankings(request: Request) -> Any:
        query = parse_query(RankingsQuery, request.query_params)
        now = datetime.now(UTC)
        since, until = _window(query, now.date())
        categories = _categories(query)
        board = await ask_store(store.apps.ranking, since, until, order=query.sort) if store else []
        ranked = _ranked(board, categories, trending=query.sort == "trending")
        body: RankingsBody = {
            "data": [_entry(app) for app in ranked[query.offset : query.offset + query.limit]],
            "meta": {
                "as_of": now.isoformat(),
                "version": "v1",
                "start_date": since.isoformat(),
                "end_date": until.isoformat(),
            },
        }
        return JSONResponse(body)

    return router


def app_name(app: AppRank) -> str:
    """What to call an app: its title, else its address."""
    return app.title or (app.url or "").partition("://")[2] or str(app.app_id)


def _window(query: RankingsQuery, today: date) -> tuple[date, date]:
    until = query.end_date or today - timedelta(days=1)
    if until < FIRST_DAY:
        raise InvalidRequest(f"end_date: expected {FIRST_DAY} or later")
    since = max(query.start_date or until - _WINDOW, FIRST_DAY)
    if since > until:
        raise InvalidRequest("start_date: expected no later than end_date")
    return since, until


def _categories(query: RankingsQuery) -> frozenset[str] | None:
    """Those that an app must have one of; None: any."""
    group = GROUPS[query.category] if query.category else sum(GROUPS.values(), ())
    if query.subcategory is None:
        return frozenset(group) if query.category else None
    if query.subcategory not in group:
        raise InvalidRequest(f"subcategory: expected one of {', '.join(group)}")
    return frozenset({query.subcategory})


def _ranked(board: list[AppRank], categories: frozenset[str] | None, *, trending: bool) -> list[AppRank]:
    """Those that fit, numbered anew; of trending apps those that grew."""
    fitting = [
        app
        for app in board
        if (categories is None or categories.intersection(app.categories))
        and (app.trend_tokens > 0 or not trending)
    ]
    return [replace(app, rank=rank) for rank, app in enumerate(fitting, 1)]


def _entry(app: AppRank) -> RankedApp:
    return {
        "app_id": app.app_id,
        "app_name": app_name(app),
        "rank": app.rank,
        "total_requests": app.requests,
        "total_tokens": str(app.tokens),
    }
