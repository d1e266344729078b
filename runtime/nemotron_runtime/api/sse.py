"""Server-sent events: the answer as it comes, comments in silence, and a response that notices who leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nemotron_runtime.api.generation import Batch, Generation
from nemotron_runtime.chat.chunk_writer import DONE, ChunkWriter
from nemotron_runtime.errors import RuntimeFault

COMMENT = b": OPENROUTER PROCESSING\n\n"


class EventStream(Response):
    """Sends what comes. A client that leaves stops the generation at once, silence or not.

    Args:
        generation: What is sent.
        writer: Makes its bytes.
        opening: Sent before all else.
        requested_model: For the chunk of a fault.
        interval_s: Silence after which a comment is sent.
        headers: Further ones of the answer.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        generation: Generation,
        writer: ChunkWriter,
        *,
        opening: bytes,
        requested_model: str,
        interval_s: float,
        headers: Mapping[str, str],
    ) -> None:
        self._generation = generation
        self._writer = writer
        self._opening = opening
        self._requested_model = requested_model
        self._interval_s = interval_s
        self.status_code = 200
        self.background = None
        self.init_headers({"Cache-Control": "no-cache", "X-Accel-Buffering": "no", **headers})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            async with anyio.create_task_group() as group:

                async def watch() -> None:
                    while (await receive())["type"] != "http.disconnect":
                        pass
                    group.cancel_scope.cancel()

                async def speak() -> None:
                    await self._send(send)
                    group.cancel_scope.cancel()

                # In a task of its own: what wakes it at each token passes no middleware on its way.
                group.start_soon(speak)
                group.start_soon(watch)
        finally:
            with anyio.CancelScope(shield=True):
                await self._generation.stop()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        voice = _Voice(send, self._interval_s)
        try:
            if self._opening:
                await voice.say(self._opening)

            async def take(batch: Batch) -> None:
                if said := self._writer.write(batch):
                    await voice.say(said)

            try:
                await self._generation.each(take)
                last = DONE
            except RuntimeFault as fault:
                last = self._writer.fault(fault, self._requested_model)
            await voice.say(last)
        finally:
            voice.close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Voice:
    """Says what it is given, and a comment where it was silent for `interval_s` seconds."""

    def __init__(self, send: Send, interval_s: float) -> None:
        self._send = send
        self._interval_s = interval_s
        self._loop = asyncio.get_running_loop()
        self._spoke_s = self._loop.time()
        self._speaking = False
        self._comment: asyncio.Task[None] | None = None
        self._timer = self._loop.call_later(interval_s, self._due)

    async def say(self, text: bytes) -> None:
        """Sends some bytes; waits while the client takes nothing."""
        self._speaking = True
        await self._send({"type": "http.response.body", "body": text, "more_body": True})
        self._speaking = False
        self._spoke_s = self._loop.time()

    def close(self) -> None:
        """Says nothing more."""
        self._timer.cancel()
        if self._comment:
            self._comment.cancel()

    def _due(self) -> None:
        """One timer serves a whole stream: it is set again for when the silence would be long enough."""
        left_s = self._spoke_s + self._interval_s - self._loop.time()
        if left_s <= 0 and not self._speaking:
            self._comment = self._loop.create_task(self.say(COMMENT))
            left_s = self._interval_s
        self._timer = self._loop.call_later(max(left_s, 0.001), self._due)
