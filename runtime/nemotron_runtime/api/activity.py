"""The route of what was used, by day and model."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from nemotron_runtime.api.asking import ask_store
from nemotron_runtime.api.generation_entry import endpoint_id
from nemotron_runtime.api.key_entries import usd
from nemotron_runtime.api.queries import parse_query
from nemotron_runtime.api.visit import visit_of
from nemotron_runtime.errors import InvalidRequest, NotFound
from nemotron_runtime.models.provider import PROVIDER_NAME
from nemotron_runtime.store.figures import ActivityDay
from nemotron_runtime.store.store import Store
from nemotron_runtime.wire.activity import ActivityBody, ActivityItem, ActivityQuery
from nemotron_runtime.wire.key_terms import WORKSPACE

DAYS = 30
"""Completed ones that can be asked for."""


def activity_router(store: Store | None) -> APIRouter:
    """Routes ``/activity``, for who sees all."""
    router = APIRouter()

    @router.get("/activity")
    async def activity(request: Request) -> Any:
        visit_of(request).need_oversight()
        query = parse_query(ActivityQuery, request.query_params)
        if query.workspace_id not in (None, WORKSPACE):
            raise NotFound("Workspace not found")
        since, until = _days(query.date, datetime.now(UTC).date())
        days = (
            await ask_store(store.activity.by_day, since, until, key_hash=query.api_key_hash) if store else []
        )
        grouped = query.group_by == "workspace"
        body: ActivityBody = {"data": [_item(day, grouped) for day in days]}
        return JSONResponse(body)

    return router


def _days(wanted: date | None, today: date) -> tuple[date, date]:
    first, last = today - timedelta(days=DAYS), today - timedelta(days=1)
    if wanted is None:
        return first, last
    if not first <= wanted <= last:
        raise InvalidRequest(f"date: expected one of the last {DAYS} completed UTC days, {first} to {last}")
    return wanted, wanted


def _item(day: ActivityDay, grouped: bool) -> ActivityItem:
    counts = day.counts
    item: ActivityItem = {
        "date": day.day.isoformat(),
        "model": day.model,
        "model_permaslug": day.model,
        "endpoint_id": endpoint_id(day.model),
        "provider_name": PROVIDER_NAME,
        "usage": usd(counts.cost_usd),
        "byok_usage_inference": 0.0,
        "requests": counts.requests,
        "prompt_tokens": counts.prompt_tokens,
        "completion_tokens": counts.completion_tokens,
        "reasoning_tokens": counts.reasoning_tokens,
        "cached_tokens": counts.cached_tokens,
    }
    if grouped:
        item["workspace_id"] = WORKSPACE
    return item
