"""Puts the parts together: settings, model, engine, core, routes. The only file that knows all of them."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI, Request
from prometheus_client import REGISTRY, CollectorRegistry
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from nemotron_runtime import __version__, heap, logs
from nemotron_runtime.api import faults
from nemotron_runtime.api.activity import activity_router
from nemotron_runtime.api.catalogue import Catalogue, catalogue_router
from nemotron_runtime.api.chat import ChatRoute, ChatSettings
from nemotron_runtime.api.current_key import current_key_router
from nemotron_runtime.api.doors import PREFIXES, DoorRules, Doors, loopback_origins
from nemotron_runtime.api.endpoint_health import LiveHealth
from nemotron_runtime.api.gate import Gate
from nemotron_runtime.api.generations import generations_router
from nemotron_runtime.api.health import Readiness, health_router
from nemotron_runtime.api.keys import keys_router
from nemotron_runtime.api.metrics import MetricsRecorder, watch_kernels
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
from nemotron_runtime.engine import kernels
from nemotron_runtime.engine.base import Engine
from nemotron_runtime.engine.supervisor import Supervisor
from nemotron_runtime.engine.vllm import VllmEngine, VllmOptions
from nemotron_runtime.errors import ClientError, RuntimeFault
from nemotron_runtime.hardware.probe import gpus
from nemotron_runtime.rehearsal import rehearse
from nemotron_runtime.serving import Fetch, Model, open_model
from nemotron_runtime.settings import Loaded, Settings, is_loopback
from nemotron_runtime.starting import Announcer, Start
from nemotron_runtime.store.keyring import Keyring
from nemotron_runtime.web.pages import pages_router
from nemotron_runtime.weights import hub

log = structlog.get_logger()

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
EXIT_OK, EXIT_ENGINE, EXIT_SETUP = 0, 1, 3


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


def create_app(parts: Parts, *, on_engine_lost: Callable[[BaseException | None], None]) -> ASGIApp:
    """The whole server as ASGI.

    Args:
        on_engine_lost: Called when no engine could be started (with the error) or kept (with None).
    """
    app = FastAPI(
        title="nemotron-runtime",
        version=__version__,
        lifespan=_lifespan(parts, on_engine_lost),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    faults.install(app)
    app.include_router(_health(parts))
    api = _api(parts)
    for prefix in PREFIXES:
        app.include_router(api, prefix=prefix)
    app.include_router(pages_router())
    return _with_doors(app, parts.settings, parts.books.keys)


def _api(parts: Parts) -> APIRouter:
    settings, model, keys = parts.settings, parts.model, parts.books.keys
    gate = Gate(keys.usage, time.time, free_requests_per_day=settings.free_requests_per_day)
    store = parts.books.store
    service = ChatService(
        parts.engine,
        model.tokens,
        Tee(parts.recorder, gate, *([store.recorder] if store else [])),
        log_content=settings.log_content,
    )
    chat = ChatRoute(_planner(settings, model), service, gate, _chat_settings(settings, model))
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


def _planner(settings: Settings, model: Model) -> Planner:
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


def _health(parts: Parts) -> APIRouter:
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


def _with_doors(app: ASGIApp, settings: Settings, keys: Keyring) -> ASGIApp:
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


def _lifespan(
    parts: Parts, on_engine_lost: Callable[[BaseException | None], None]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    engine = parts.engine

    async def run_engine() -> None:
        try:
            await engine.start()
        except Exception as error:
            on_engine_lost(error)
            return
        await engine.failed.wait()
        on_engine_lost(None)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(run_engine(), name="engine")
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await engine.stop()
            await asyncio.to_thread(parts.books.close)

    return lifespan


def build(loaded: Loaded, start: Start, fetch: Fetch = hub.snapshot) -> Parts:
    """Opens the model and prepares, but doesn't start, its engine.

    Raises:
        SetupError: says what to do next.
    """
    model = open_model(loaded, start, fetch)
    settings = model.settings
    options = engine_options(model)
    start.expect(f"{model.served.spec.slug}, {settings.variant}, {settings.load_format}, {model.device}")

    def tell(name: str, detail: str) -> None:
        if engine.settled.is_set():  # a later start; the terminal has been told that all is ready
            log.info("engine start", step=name)
        else:
            start.phase(name, detail)

    async def prove(fresh: Engine) -> None:
        if settings.load_format == "dummy":
            tell("rehearse", "skipped: random weights have nothing to say")
            return
        tell("rehearse", "a first thought and tool call")
        try:
            said = await rehearse(_planner(settings, model), model.tokens, fresh)
        except ClientError as fault:  # a context too short for it
            tell("rehearse", f"skipped: {fault.message}")
            return
        (log.info if said.worked else log.warning)("rehearsed", said=str(said))
        tell("rehearse", str(said))

    engine = Supervisor(
        lambda: VllmEngine(options, tell),
        restarts=settings.engine_restarts,
        probe_token_ids=tuple(model.tokens.encode("Hello")),
        prove=prove,
    )
    watch_kernels(REGISTRY, lambda: engine.last_info.kernels if engine.last_info else {})
    return Parts(settings, model, engine, MetricsRecorder(REGISTRY), REGISTRY, start, Books.open(settings))


def engine_options(model: Model) -> VllmOptions:
    """What the engine of this model is started with."""
    settings = model.settings
    return VllmOptions(
        model_dir=model.folder,
        device=model.device,
        context_tokens=model.served.context_tokens,
        max_queue=settings.max_queue,
        max_sequences=settings.max_sequences,
        batched_tokens=settings.batched_tokens,
        dtype=settings.dtype,
        kv_dtype=settings.kv_dtype,
        ssm_dtype=settings.ssm_dtype,
        kv_cache_gib=settings.kv_cache_gib,
        gpu_memory_utilization=settings.gpu_memory_utilization,
        tensor_parallel=settings.tensor_parallel,
        moe_backend=settings.moe_backend,
        enforce_eager=settings.enforce_eager,
        kernels=settings.kernels,
        load_format=settings.load_format,
    )


def serve(loaded: Loaded, announce: Announcer, fetch: Fetch = hub.snapshot) -> int:
    """Serves until a signal or the engine's end; returns the exit code.

    Args:
        fetch: Brings published weights that are missing.

    Raises:
        SetupError: what stands in the way before anything was started.
    """
    settings = loaded.settings
    logs.configure(settings.log_level, settings.log_format)
    start = Start(announce)
    start.phase("model", settings.model)
    parts = build(loaded, start, fetch)
    code = EXIT_OK

    def on_engine_lost(error: BaseException | None) -> None:
        nonlocal code
        code = EXIT_SETUP if error else EXIT_ENGINE
        reason = error.message if isinstance(error, RuntimeFault) else repr(error) if error else ""
        start.warn(reason or "The engine died too often; giving up.")
        server.should_exit = True

    app = create_app(parts, on_engine_lost=on_engine_lost)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=int(settings.shutdown_grace_s),
    )
    server = _Server(config, parts)
    server.run()
    return code


class _Server(uvicorn.Server):
    """uvicorn that says where it listens once the model is ready."""

    def __init__(self, config: uvicorn.Config, parts: Parts) -> None:
        super().__init__(config)
        self._parts = parts

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        self._saying = asyncio.create_task(self._say())

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a SIGTERM that was obeyed isn't raised again: it was no failure."""
        with super().capture_signals():
            yield
            self._captured_signals = [sig for sig in self._captured_signals if sig != signal.SIGTERM]

    async def _say(self) -> None:
        engine = self._parts.engine
        await engine.settled.wait()
        if engine.state == "ready" and self.servers:
            heap.settle()
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._parts.start.ready(_greeting(self._parts, host, port))


def _greeting(parts: Parts, host: str, port: int) -> list[str]:
    served, engine = parts.model.served, parts.engine
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}/api/v1"
    lines = [
        f"Serving {served.spec.slug} on {base}",
        f"{engine.info.name} {engine.info.version} on {engine.info.device}, {engine.info.dtype}, "
        f"context {served.context_tokens} tokens, up to {engine.info.max_sequences} sequences at a time",
    ]
    if said := kernels.summary(engine.info.kernels):
        lines.append(f"Expert kernels: {said}")
    if served.spec.embedded:
        lines.append(
            "This is the embedded demonstration model, not Nemotron 3 Nano: it knows nothing of the world. "
            f"It also answers to {', '.join(served.spec.serves)}."
        )
    return lines
