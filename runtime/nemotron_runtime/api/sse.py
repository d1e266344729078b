"""Server-sent events: the lines of a stream, comments in silence, and a response that notices who leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from typing import Any

import anyio
import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nemotron_runtime.api.faults import internal_error
from nemotron_runtime.chat.events import ChatEvent
from nemotron_runtime.errors import RequestTimeout, RuntimeFault

COMMENT = b": OPENROUTER PROCESSING\n\n"
DONE = b"data: [DONE]\n\n"
QUEUE_EVENTS = 1024
log = structlog.get_logger()

Item = ChatEvent | RuntimeFault | None
"""None: the end."""


def data(body: Any) -> bytes:
    """One ``data:`` event."""
    return b"data: " + orjson.dumps(body) + b"\n\n"


class Pump:
    """Runs a generation in a task of its own, so that silence can be timed without disturbing it.

    Args:
        events: The generation. Cancelling the pump closes it.
        timeout_s: Seconds after which it is given up; None: never.
    """

    def __init__(self, events: AsyncGenerator[ChatEvent, None], timeout_s: float | None = None) -> None:
        self._queue: asyncio.Queue[Item] = asyncio.Queue(QUEUE_EVENTS)
        self._task = asyncio.create_task(self._run(events, timeout_s))

    async def _run(self, events: AsyncGenerator[ChatEvent, None], timeout_s: float | None) -> None:
        last: Item = None
        try:
            async with asyncio.timeout(timeout_s), aclosing(events):
                async for event in events:
                    await self._queue.put(event)
        except RuntimeFault as fault:
            last = fault
        except TimeoutError:
            last = RequestTimeout("Operation timed out. Please try again later.")
        except Exception as error:
            log.error("unexpected error", exc_info=error)
            last = internal_error()
        await self._queue.put(last)

    async def next(self, timeout_s: float | None = None) -> list[Item]:
        """All that waits, at least one item.

        Raises:
            TimeoutError: nothing came in time.
        """
        if self._queue.empty():
            async with asyncio.timeout(timeout_s):
                items = [await self._queue.get()]
        else:
            items = []
        while not self._queue.empty():
            items.append(self._queue.get_nowait())
        return items

    async def stop(self) -> None:
        """Stops the generation where it is. Safe to call twice."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


async def lines(
    pump: Pump,
    first: list[Item],
    *,
    encode: Callable[[ChatEvent], list[Any]],
    encode_fault: Callable[[RuntimeFault], Any],
    opening: list[Any],
    interval_s: float,
) -> AsyncGenerator[bytes, None]:
    """The bytes of a stream.

    Args:
        pump: Where events come from.
        first: What has come already; empty: the first comment is due.
        encode: The chunks of an event.
        encode_fault: The last chunk of a stream that failed; nothing follows it.
        opening: Chunks sent before all others.
        interval_s: Silence after which a comment is sent.
    """
    items = first
    head = b"".join(map(data, opening)) if items else COMMENT + b"".join(map(data, opening))
    if head:
        yield head
    while True:
        out = bytearray()
        for item in items:
            if item is None:
                yield bytes(out) + DONE
                return
            if isinstance(item, RuntimeFault):
                yield bytes(out) + data(encode_fault(item))
                return
            for chunk in encode(item):
                out += data(chunk)
        if out:
            yield bytes(out)
        try:
            items = await pump.next(interval_s)
        except TimeoutError:
            items = []
            yield COMMENT


class EventStream(Response):
    """Sends lines as they come. A client that leaves stops the pump at once, silence or not."""

    media_type = "text/event-stream"

    def __init__(self, body: AsyncGenerator[bytes, None], pump: Pump, headers: Mapping[str, str]) -> None:
        self._lines = body
        self._pump = pump
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

                group.start_soon(watch)
                await self._send(send)
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._lines.aclose()
                await self._pump.stop()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for chunk in self._lines:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
