"""GET /stats: what the page shows. Any key opens it, or none where none is asked for."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from nemotron_runtime.api.asking import ask_store
from nemotron_runtime.api.queries import parse_query
from nemotron_runtime.api.stats.source import StatsSource
from nemotron_runtime.wire.stats import StatsBody, StatsQuery


def stats_router(source: StatsSource) -> APIRouter:
    """Routes ``/stats``."""
    router = APIRouter()

    @router.get("/stats")
    async def stats(request: Request) -> Any:
        query = parse_query(StatsQuery, request.query_params)
        body: StatsBody = {"data": await ask_store(source.look, query.window)}
        return JSONResponse(body)

    return router
