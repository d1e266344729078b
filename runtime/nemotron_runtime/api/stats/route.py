"""GET /stats: what the page shows. Any key opens it, or none where none is asked for."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from nemotron_runtime.api.asking import ask_store
from nemotron_runtime.api.queries import parse_query
from nemotron_runtime.api.stats.source import StatsSource
from nemotron_runtime.wire.stats import Stats, StatsBody, StatsQuery, WindowName


def stats_router(source: StatsSource) -> APIRouter:
    """Routes ``/stats``."""
    router, looking = APIRouter(), asyncio.Lock()

    @router.get("/stats")
    async def stats(request: Request) -> Any:
        query = parse_query(StatsQuery, request.query_params)
        async with looking:  # many who ask at once take one thread, not all of them
            body: StatsBody = {"data": await _seen(source, query.window)}
        return JSONResponse(body)

    return router


async def _seen(source: StatsSource, window: WindowName) -> Stats:
    kept = source.kept(window)
    return await ask_store(source.look, window) if kept is None else kept
