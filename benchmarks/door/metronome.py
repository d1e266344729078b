"""Our API around an engine that gives every stream a token at each beat: what the door costs by itself.

A process of its own, for its CPU time is what is measured. It prints its port as one line of JSON, and at
SIGTERM its beats.

    python benchmarks/door/metronome.py --interval-ms 50 --tokens 200
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import signal
import socket
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

import uvicorn
from prometheus_client import CollectorRegistry

from nemotron_runtime import logs
from nemotron_runtime.api.metrics import MetricsRecorder
from nemotron_runtime.app import Parts, create_app
from nemotron_runtime.engine.base import EngineInfo, EngineRequest, Sampling, TokenDelta
from nemotron_runtime.engine.supervisor import Supervisor
from nemotron_runtime.serving import open_model
from nemotron_runtime.settings import Settings
from nemotron_runtime.starting import Start

try:
    from nemotron_runtime.heap import settle
except ImportError:  # a checkout that is older

    def settle() -> None:
        """It had none."""


SLUG = "nemotron-runtime/embedded-demo"
WORD = " the"


class Quiet:
    """Says nothing."""

    def phase(self, name: str, detail: str = "", left_s: float | None = None) -> None:
        """A step begins."""

    def ready(self, lines: list[str]) -> None:
        """It runs."""

    def warn(self, text: str) -> None:
        """Something is wrong."""


class Metronome:
    """An engine whose streams advance together, as those of one batch do.

    Args:
        word: the token that it says again and again.
        interval_s: between beats; 0 is as fast as all streams have taken theirs.
        tokens: of an answer.
    """

    def __init__(self, word: int, interval_s: float, tokens: int) -> None:
        self._word, self._interval_s, self._tokens = word, interval_s, tokens
        self._beat: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting = 0
        self._ticking: asyncio.Task[None] | None = None
        self.beats: list[float] = []

    @property
    def info(self) -> EngineInfo:
        """See the protocol."""
        return EngineInfo("metronome", "0", "cpu", 32768, 4096, "none")

    async def start(self) -> None:
        """See the protocol."""
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """See the protocol."""
        if self._ticking:
            self._ticking.cancel()

    async def check(self) -> None:
        """See the protocol."""

    async def generate(self, request: EngineRequest) -> AsyncGenerator[TokenDelta, None]:
        """See the protocol."""
        if request.request_id == "probe":
            yield TokenDelta((self._word,), finish="length")
            return
        count = min(self._tokens, request.sampling.max_tokens)
        for place in range(count):
            await self._next()
            yield TokenDelta((self._word,), finish="length" if place == count - 1 else None)

    async def _next(self) -> None:
        self._waiting += 1
        await self._beat

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + self._interval_s, loop.time())
            await asyncio.sleep(due - loop.time() if self._interval_s else 0)
            if not self._waiting:
                continue
            beat, self._beat, self._waiting = self._beat, loop.create_future(), 0
            self.beats.append(time.monotonic())
            beat.set_result(None)


class Server(uvicorn.Server):
    """uvicorn that leaves signals to us: its own handling ends the process before it has told its beats."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


async def serve(interval_s: float, tokens: int) -> None:
    """Serves until a signal comes."""
    logs.configure("error", "json")
    quiet = Quiet()
    model = open_model(Settings.load({"model": SLUG}, {}), quiet)
    engine = Metronome(model.tokens.encode(WORD)[0], interval_s, tokens)
    supervisor = Supervisor(lambda: engine, restarts=0, probe_token_ids=(20,))
    start = Start(quiet)
    start.ready([])
    registry = CollectorRegistry()
    settings = Settings(max_queue=100_000, log_level="error")
    parts = Parts(settings, model, supervisor, MetricsRecorder(registry), registry, start)
    app = create_app(parts, on_engine_lost=lambda error: None)
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="none", server_header=False)
    server = Server(config)
    stop = asyncio.get_running_loop().add_signal_handler
    stop(signal.SIGTERM, lambda: setattr(server, "should_exit", True))
    serving = asyncio.create_task(server.serve([listener]))
    await supervisor.settled.wait()
    settle()
    print(json.dumps({"port": listener.getsockname()[1], "model": SLUG}), flush=True)
    await serving
    print(json.dumps({"beats": engine.beats}), flush=True)


async def consume(interval_s: float, tokens: int, streams: int) -> None:
    """What the engine costs by itself: its streams are read and thrown away."""
    engine = Metronome(20, interval_s, tokens)
    await engine.start()

    async def read() -> None:
        sampling = Sampling(max_tokens=tokens, temperature=1.0, top_p=1.0)
        async with aclosing(engine.generate(EngineRequest("bare", (20,), sampling))) as deltas:
            async for _ in deltas:
                pass

    before = resource.getrusage(resource.RUSAGE_SELF)
    await asyncio.gather(*(read() for _ in range(streams)))
    after = resource.getrusage(resource.RUSAGE_SELF)
    await engine.stop()
    used_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    print(json.dumps({"cpu_us_a_token": used_s / (streams * tokens) * 1e6}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--interval-ms", type=float, default=0.0)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--bare", type=int, help="streams that are read without an API")
    options = parser.parse_args()
    pace = (options.interval_ms / 1000, options.tokens)
    work = consume(*pace, options.bare) if options.bare else serve(*pace)
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        runner.run(work)
