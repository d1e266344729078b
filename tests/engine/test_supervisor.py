"""The supervisor with engines that die on cue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from nemotron_runtime.engine import supervisor as module
from nemotron_runtime.engine.base import EngineInfo, EngineRequest, Sampling, TokenDelta
from nemotron_runtime.engine.supervisor import Supervisor
from nemotron_runtime.errors import ConfigError, EngineDead, RuntimeFault

ASK = EngineRequest("ask", (1,), Sampling(max_tokens=4))


@dataclass
class Mortal:
    """An engine with a fate."""

    starts: bool = True
    speaks: bool = True
    dead: bool = False
    stopped: int = 0
    generating: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("mortal", "1", "cpu", 128, 1, "float32")

    async def start(self) -> None:
        if not self.starts:
            raise ConfigError("does not start")

    async def generate(self, request: EngineRequest) -> AsyncGenerator[TokenDelta, None]:
        if request.request_id == "probe":
            if self.speaks:
                yield TokenDelta((5,), finish="length")
            return
        self.generating.set()
        while not self.dead:
            yield TokenDelta((5,))
            await asyncio.sleep(0.01)
        raise EngineDead("died")

    async def check(self) -> None:
        if self.dead:
            raise EngineDead("dead")

    async def stop(self) -> None:
        self.stopped += 1


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_INTERVAL_S", 0.02)


def supervised(*engines: Mortal, restarts: int) -> Supervisor:
    waiting = iter(engines)
    return Supervisor(lambda: next(waiting), restarts=restarts, probe_token_ids=(1,))


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def drain(engine: Supervisor) -> list[TokenDelta]:
    return [delta async for delta in engine.generate(ASK)]


async def test_is_ready_only_after_a_real_generation():
    mute = Mortal(speaks=False)
    engine = supervised(mute, restarts=0)
    with pytest.raises(EngineDead, match="generated nothing"):
        await engine.start()
    assert engine.state == "failed"
    assert mute.stopped == 1


async def test_what_the_experts_run_is_logged(monkeypatch):
    state = {"mode": "auto", "replaced": 23, "layers": 23, "why": "measured: file"}
    info = EngineInfo("mortal", "1", "cuda", 128, 1, "bfloat16", kernels=state)
    monkeypatch.setattr(Mortal, "info", property(lambda self: info))
    supervisor = supervised(Mortal(), restarts=0)
    with capture_logs() as logs:
        await supervisor.start()
    (ready,) = [line for line in logs if line["event"] == "engine ready"]
    assert ready["kernels"] == "replaced 23 of 23 MoE layers (measured: file)"
    await supervisor.stop()


async def test_a_first_start_that_fails_raises_and_frees():
    broken = Mortal(starts=False)
    engine = supervised(broken, restarts=5)
    with pytest.raises(ConfigError):
        await engine.start()
    assert broken.stopped == 1
    assert engine.settled.is_set()


async def test_before_the_start_requests_are_told_to_wait():
    engine = supervised(Mortal(), restarts=0)
    with pytest.raises(EngineDead) as caught:
        await drain(engine)
    assert caught.value.retry_after_s


async def test_death_fails_open_requests_and_brings_a_fresh_engine():
    first, second = Mortal(), Mortal()
    engine = supervised(first, second, restarts=1)
    await engine.start()
    open_requests = [asyncio.create_task(drain(engine)) for _ in range(3)]
    await first.generating.wait()
    first.dead = True
    for result in await asyncio.gather(*open_requests, return_exceptions=True):
        assert isinstance(result, EngineDead)
    await until(lambda: engine.state == "ready" and engine._engine is second)
    assert first.stopped == 1
    assert engine.deaths == 1
    stream = engine.generate(ASK)
    assert (await anext(stream)).token_ids == (5,)
    await stream.aclose()
    await engine.stop()
    assert second.stopped == 1


async def test_a_quiet_death_is_noticed_without_a_request():
    first, second = Mortal(), Mortal()
    engine = supervised(first, second, restarts=1)
    await engine.start()
    first.dead = True
    await until(lambda: engine._engine is second and engine.state == "ready")
    await engine.stop()


async def test_late_errors_of_a_replaced_engine_don_t_kill_the_new_one():
    first, second = Mortal(), Mortal()
    engine = supervised(first, second, restarts=1)
    await engine.start()
    stream = engine.generate(ASK)
    await anext(stream)
    first.dead = True
    await until(lambda: engine._engine is second and engine.state == "ready")
    with pytest.raises(EngineDead):
        await anext(stream)
    await asyncio.sleep(0.1)
    assert engine.state == "ready"
    assert second.stopped == 0
    await engine.stop()


async def test_restarts_are_bounded_and_failed_starts_count():
    first, broken = Mortal(), Mortal(starts=False)
    engine = supervised(first, broken, restarts=1)
    await engine.start()
    first.dead = True
    async with asyncio.timeout(5):
        await engine.failed.wait()
    assert engine.state == "failed"
    assert (first.stopped, broken.stopped) == (1, 1)
    with pytest.raises(RuntimeFault):
        await drain(engine)
    await engine.stop()


async def test_stopping_twice_is_safe():
    only = Mortal()
    engine = supervised(only, restarts=0)
    await engine.start()
    await engine.stop()
    await engine.stop()
    assert only.stopped == 1
