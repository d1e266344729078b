"""Puts the routes together, out of the parts that a server is made of, and the doors around them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from nemotron_runtime.api.activity import activity_router
from nemotron_runtime.api.catalogue import Catalogue, catalogue_router
from nemotron_runtime.api.chat import ChatRoute, ChatSettings
from nemotron_runtime.api.current_key import current_key_router
from nemotron_runtime.api.doors import DoorRules, Doors, loopback_origins
from nemotron_runtime.api.endpoint_health import LiveHealth
from nemotron_runtime.api.gate import Gate
from nemotron_runtime.api.generations import generations_router
from nemotron_runtime.api.health import Readiness, health_router
from nemotron_runtime.api.keys import keys_router
from nemotron_runtime.api.metrics import watch_store
from nemotron_runtime.api.rankings import rankings_router
from nemotron_runtime.api.stats.box import Box
from nemotron_runtime.api.stats.route import stats_router
from nemotron_runtime.api.stats.source import StatsSource
from nemotron_runtime.api.tee import Tee
from nemotron_runtime.api.visit import visit_of
from nemotron_runtime.bookkeeping import Books
from nemotron_runtime.chat.limits import Limits
from nemotron_runtime.chat.planner import Planner
from nemotron_runtime.chat.record import Recorder
from nemotron_runtime.chat.service import ChatService
from nemotron_runtime.engine.supervisor import Supervisor
from nemotron_runtime.hardware.probe import gpus
from nemotron_runtime.serving import Model
from nemotron_runtime.settings import Settings, is_loopback
from nemotron_runtime.starting import Start
from nemotron_runtime.store.keyring import Keyring

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
EXPOSED_HEADERS = (
    "X-Generation-Id",
    "X-Provider-Name",
    "X-Nemotron-Demo",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What an app is made of. Tests put their own engine in. The books are closed with the app."""

    settings: Settings
    model: Model
    engine: Supervisor
    recorder: Recorder
    registry: CollectorRegistry
    start: Start
    books: Books = field(default_factory=Books)


def api_router(parts: Parts) -> APIRouter:
    """All routes that stand below a prefix."""
    settings, model, keys = parts.settings, parts.model, parts.books.keys
    gate = Gate(keys.usage, time.time, free_requests_per_day=settings.free_requests_per_day)
    store = parts.books.store
    if store:
        writer = store.recorder
        watch_store(parts.registry, lambda: writer.dropped, lambda: writer.queued)
    service = ChatService(
        parts.engine,
        model.tokens,
        Tee(parts.recorder, gate, *([store.recorder] if store else [])),
        log_content=settings.log_content,
    )
    chat = ChatRoute(planner_of(settings, model), service, gate, _chat_settings(settings, model))
    router = APIRouter()
    router.include_router(chat.router())
    router.include_router(current_key_router(keys, gate))
    router.include_router(keys_router(keys))
    router.include_router(generations_router(store))
    router.include_router(activity_router(store))
    router.include_router(rankings_router(store))
    slug = model.served.spec.slug
    router.include_router(stats_router(StatsSource(store, slug, _box(parts))))
    catalogue = Catalogue(lambda: model.served, LiveHealth(store, slug))
    router.include_router(catalogue_router(catalogue, sees_speed=lambda request: visit_of(request).known))
    return router


def _box(parts: Parts) -> Box:
    settings, model = parts.settings, parts.model
    spec = model.served.spec
    cards = [gpu.name for gpu in gpus()] if model.device == "cuda" else []
    return Box(
        served=model.served,
        gpus=tuple(cards[: settings.tensor_parallel or 1]),
        variant=spec.variant(settings.variant).name if spec.variants else spec.quantization,
        device=model.device,
        started_at=datetime.now(UTC),
        content_days=settings.contents_days if settings.keeps_content else None,
        engine=lambda: parts.engine.last_info,
    )


def planner_of(settings: Settings, model: Model) -> Planner:
    """The planner of a model, with the settings' limits."""
    return Planner(model.served, model.tokens, model.template, model.marks, _limits(settings))


def _limits(settings: Settings) -> Limits:
    return Limits(
        messages=settings.max_messages,
        tools=settings.max_tools,
        schema_bytes=settings.max_schema_bytes,
        logit_bias=settings.max_logit_bias,
        stop_chars=settings.max_stop_chars,
    )


def _chat_settings(settings: Settings, model: Model) -> ChatSettings:
    demo = {"X-Nemotron-Demo": "embedded demonstration model, not Nemotron 3 Nano"}
    return ChatSettings(
        max_body_bytes=settings.max_body_bytes,
        max_json_depth=settings.max_json_depth,
        keepalive_first_s=settings.keepalive_first_s,
        keepalive_interval_s=settings.keepalive_interval_s,
        timeout_s=settings.request_timeout_s,
        log_content=settings.log_content,
        store_content=settings.keeps_content,
        headers=demo if model.served.spec.embedded else {},
    )


def root_router(parts: Parts) -> APIRouter:
    """Routes /health, /ready and /metrics."""

    def readiness() -> Readiness:
        engine = parts.engine
        return Readiness(
            state=engine.state,
            model=parts.model.served.spec.slug,
            demo=parts.model.served.spec.embedded,
            engine=engine.last_info,
            engine_start_s=engine.started_s,
            engine_deaths=engine.deaths,
            start=parts.start.report(),
            store=parts.books.state,
        )

    def may_see_details(request: Request) -> bool:
        return visit_of(request).sees_all

    return health_router(readiness, parts.registry, may_see_details)


def with_doors(app: ASGIApp, settings: Settings, keys: Keyring) -> ASGIApp:
    """Lets in who may come in; the rest is turned away before any route."""
    asks = settings.asks_for_keys
    origins = settings.cors_origins if settings.cors_origins is not None else (("*",) if asks else ())
    any_origin = "*" in origins
    pattern = None if any_origin else loopback_origins(origins)
    doors = Doors(app, DoorRules(keys=keys, asks=asks, hosts=_hosts(settings), origins=pattern))
    return CORSMiddleware(
        doors,
        allow_origins=["*"] if any_origin else [],
        allow_origin_regex=pattern.pattern if pattern else None,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=list(EXPOSED_HEADERS),
    )


def _hosts(settings: Settings) -> tuple[str, ...] | None:
    """None: any. A server that others reach by names of their own can't know them."""
    if settings.allowed_hosts is not None:
        return None if "*" in settings.allowed_hosts else tuple(h.lower() for h in settings.allowed_hosts)
    return (*LOCAL_NAMES, settings.host.lower()) if is_loopback(settings.host) else None
