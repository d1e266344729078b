"""Builds the parts of a server and serves them: the only file that knows the real engine."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress

import structlog
import uvicorn
from fastapi import FastAPI
from prometheus_client import REGISTRY
from starlette.types import ASGIApp

from nemotron_runtime import __version__, heap, logs
from nemotron_runtime.api import faults
from nemotron_runtime.api.doors import PREFIXES
from nemotron_runtime.api.metrics import MetricsRecorder, watch_kernels
from nemotron_runtime.assembly import Parts as Parts
from nemotron_runtime.assembly import api_router, planner_of, root_router, with_doors
from nemotron_runtime.bookkeeping import Books
from nemotron_runtime.engine import kernels
from nemotron_runtime.engine.base import Engine
from nemotron_runtime.engine.supervisor import Supervisor
from nemotron_runtime.engine.vllm import VllmEngine, VllmOptions
from nemotron_runtime.errors import ClientError, RuntimeFault
from nemotron_runtime.rehearsal import rehearse
from nemotron_runtime.serving import Fetch, Model, open_model
from nemotron_runtime.settings import Loaded
from nemotron_runtime.starting import Announcer, Start
from nemotron_runtime.web.pages import pages_router
from nemotron_runtime.weights import hub

log = structlog.get_logger()

EXIT_OK, EXIT_ENGINE, EXIT_SETUP = 0, 1, 3


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
    app.include_router(root_router(parts))
    api = api_router(parts)
    for prefix in PREFIXES:
        app.include_router(api, prefix=prefix)
    app.include_router(pages_router())
    return with_doors(app, parts.settings, parts.books.keys)


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
            said = await rehearse(planner_of(settings, model), model.tokens, fresh)
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
