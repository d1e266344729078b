"""The command ``nemotron`` with a small HTTP server in the place of engine and API, as a program.

``--model`` says how it behaves: ``broken`` can't start, ``slow`` never gets ready, ``deaf`` heeds no SIGTERM
and has a child; every other one answers. GET /hold is answered once the file in $STAND_IN_RELEASE is there.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from typing import Any

import uvicorn

from nemotron_runtime import app as runtime_app
from nemotron_runtime.cli import main
from nemotron_runtime.errors import WeightsMissing
from nemotron_runtime.serving import Fetch
from nemotron_runtime.settings import Loaded
from nemotron_runtime.starting import Announcer

MODEL = "stand/in"


def serve(loaded: Loaded, announce: Announcer, fetch: Fetch) -> int:
    """In the place of ``app.serve``."""
    settings = loaded.settings
    announce.phase("weights", "looking")
    if settings.model == "broken":
        raise WeightsMissing("the weights are not whole: run `nemotron pull`")
    announce.phase("engine", "warming up")
    print(json.dumps({"level": "info", "event": "ready", "note": "not the announcer's"}), file=sys.stderr)
    if settings.model == "deaf":
        _deafen(announce)
    server = uvicorn.Server(
        uvicorn.Config(
            Api(settings.model, announce),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            ws="none",
            timeout_graceful_shutdown=int(settings.shutdown_grace_s),
        )
    )
    server.run()
    return 0


def _deafen(announce: Announcer) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "600"])
    announce.ready([f"child {child.pid}"])
    signal.pause()


def _released() -> bool:
    return os.path.exists(os.environ["STAND_IN_RELEASE"])


class Api:
    """/ready as the runtime's, and /hold."""

    def __init__(self, model: str, announce: Announcer) -> None:
        self._state = "starting" if model == "slow" else "ready"
        self._announce = announce

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["path"] == "/hold":
            while not _released():
                await asyncio.sleep(0.02)
        body = json.dumps({"status": self._state, "model": MODEL, "engine_deaths": 2}).encode()
        status = 200 if self._state == "ready" else 503
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        if self._state == "ready":
            asyncio.get_running_loop().call_later(0.2, self._announce.ready, ["Serving"])
        await receive()
        await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    runtime_app.serve = serve
    main()
