"""Alive, ready, and the numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from nemotron_runtime.engine.base import EngineInfo


@dataclass(frozen=True, slots=True)
class Readiness:
    """What /ready says.

    Attributes:
        state: ``ready`` only after a real generation of the engine that runs now.
        engine: None until one has started.
        start: The phases of the start, by :meth:`nemotron_runtime.starting.Start.report`.
        store: ``ok``, ``off``, or why nothing is being saved.
    """

    state: str
    model: str
    demo: bool
    engine: EngineInfo | None
    engine_start_s: float | None
    engine_deaths: int
    start: Mapping[str, Any]
    store: str = "off"


def health_router(
    readiness: Callable[[], Readiness],
    registry: CollectorRegistry,
    may_see_details: Callable[[Request], bool],
) -> APIRouter:
    """Routes /health, /ready and /metrics."""
    router = APIRouter()

    @router.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/ready")
    async def ready(request: Request) -> Response:
        now = readiness()
        body: dict[str, Any] = {"status": now.state}
        if may_see_details(request):
            body = {"status": now.state, **{k: v for k, v in asdict(now).items() if k != "state"}}
        status = 200 if now.state == "ready" else 503
        return Response(orjson.dumps(body), status_code=status, media_type="application/json")

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
