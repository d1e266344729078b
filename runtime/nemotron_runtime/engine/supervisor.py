"""Keeps an engine running: starts it, proves it by a generation, replaces it when it dies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from typing import Literal

import structlog

from nemotron_runtime.engine import kernels
from nemotron_runtime.engine.base import Engine, EngineInfo, EngineRequest, Sampling, TokenDelta
from nemotron_runtime.errors import EngineDead, RuntimeFault

Prove = Callable[[Engine], Awaitable[None]]
State = Literal["starting", "ready", "restarting", "failed", "stopped"]
log = structlog.get_logger()

CHECK_INTERVAL_S = 1.0
STABLE_S = 300.0
"""An engine that ran this long has earned a fresh count of tries."""

RETRY_AFTER_S = 10


async def _nothing_more(engine: Engine) -> None:
    """The first generation is proof enough."""


class Supervisor:
    """An engine that outlives its engines. Implements the same protocol.

    ``settled`` is set once the first start has succeeded or failed, ``failed`` once all tries are used up.

    Args:
        build: Makes a fresh, not yet started engine.
        restarts: Deaths in a row that are mended; one more and the state is ``failed`` for good.
        probe_token_ids: A prompt; an engine counts as ready once it has generated from it.
        prove: Puts an engine that has generated to a further test, each time one starts.
    """

    def __init__(
        self,
        build: Callable[[], Engine],
        *,
        restarts: int,
        probe_token_ids: tuple[int, ...],
        prove: Prove = _nothing_more,
    ) -> None:
        self._build = build
        self._restarts = restarts
        self._probe_token_ids = probe_token_ids
        self._prove = prove
        self._engine: Engine | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._info: EngineInfo | None = None
        self.state: State = "starting"
        self.deaths = 0
        self.started_s: float | None = None
        self.settled = asyncio.Event()
        self.failed = asyncio.Event()
        self._alarm = asyncio.Event()

    @property
    def info(self) -> EngineInfo:
        """Of the engine that runs, or ran last."""
        if self._info is None:
            raise EngineDead("The engine has not started.", retry_after_s=RETRY_AFTER_S)
        return self._info

    @property
    def last_info(self) -> EngineInfo | None:
        """As :attr:`info`, None before the first start."""
        return self._info

    async def start(self) -> None:
        """Starts the first engine and watches it. A first start that fails raises."""
        try:
            await self._launch()
        except Exception:
            self.state = "failed"
            raise
        finally:
            self.settled.set()
        self._watcher = asyncio.create_task(self._watch(), name="engine-supervisor")

    async def _launch(self) -> None:
        engine = self._build()
        began = time.monotonic()
        try:
            await engine.start()
            await self._probe(engine)
            await self._prove(engine)
        except BaseException:
            await engine.stop()
            raise
        self._engine, self._info = engine, engine.info
        self.started_s = time.monotonic() - began
        self.state = "ready"
        said = {"kernels": text} if (text := kernels.summary(engine.info.kernels)) else {}
        log.info("engine ready", seconds=round(self.started_s, 1), device=engine.info.device, **said)

    async def _probe(self, engine: Engine) -> None:
        """A real generation: an engine that only looks alive does not pass."""
        request = EngineRequest("probe", self._probe_token_ids, Sampling(max_tokens=2, temperature=0.0))
        generated = 0
        async for delta in engine.generate(request):
            generated += len(delta.token_ids)
            if delta.finish == "error":
                break
        if not generated:
            raise EngineDead("The engine started but generated nothing.")

    async def _watch(self) -> None:
        born = time.monotonic()
        while True:
            if await self._alive():
                continue
            self.deaths = 1 if time.monotonic() - born > STABLE_S else self.deaths + 1
            if not await self._replace():
                return
            born = time.monotonic()

    async def _alive(self) -> bool:
        """Waits for an alarm or the next check. A request that met a dead engine is believed."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._alarm.wait(), CHECK_INTERVAL_S)
            self._alarm.clear()
            return False
        try:
            await self.check()
        except EngineDead:
            return False
        return True

    async def _replace(self) -> bool:
        """Starts engines until one runs; False when the tries are used up."""
        while self.deaths <= self._restarts:
            self.state = "restarting"
            self._alarm.clear()
            log.error("engine died", death=self.deaths, restarts=self._restarts)
            await self._discard()
            try:
                await self._launch()
            except RuntimeFault as fault:
                log.error("engine did not start", reason=fault.message)
                self.deaths += 1
            else:
                return True
        self.state = "failed"
        log.error("engine gave up", deaths=self.deaths)
        await self._discard()
        self.failed.set()
        return False

    async def _discard(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            with suppress(Exception):  # a dead engine may fail to stop, too
                await engine.stop()

    async def generate(self, request: EngineRequest) -> AsyncGenerator[TokenDelta, None]:
        """See the protocol. While no engine runs: EngineDead at once."""
        engine = self._engine
        if engine is None or self.state != "ready":
            raise EngineDead("The model is starting; try again shortly.", retry_after_s=RETRY_AFTER_S)
        deltas = engine.generate(request)
        try:
            async for delta in deltas:
                yield delta
        except EngineDead as fault:
            if engine is self._engine:  # not a late word about one that is replaced already
                self._alarm.set()
            fault.retry_after_s = RETRY_AFTER_S
            raise
        finally:
            await deltas.aclose()

    async def check(self) -> None:
        """See the protocol."""
        if self._engine is None:
            raise EngineDead("The engine is not running.", retry_after_s=RETRY_AFTER_S)
        await self._engine.check()

    async def stop(self) -> None:
        """See the protocol."""
        self.state = "stopped"
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
        await self._discard()
