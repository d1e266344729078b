"""A generation that is under way: its events in batches, and its end, whatever brings it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress

import structlog

from nemotron_runtime.api.faults import internal_error
from nemotron_runtime.chat.events import ChatEvent
from nemotron_runtime.errors import RequestTimeout, RuntimeFault

log = structlog.get_logger()

Batch = list[ChatEvent]


class Generation:
    """Starts at once.

    Args:
        batches: What is said. Stopping the generation closes it.
        timeout_s: Seconds after which it is given up; None: never.
    """

    def __init__(self, batches: AsyncGenerator[Batch, None], timeout_s: float | None = None) -> None:
        self._batches = batches
        self._deadline = None if timeout_s is None else asyncio.get_running_loop().time() + timeout_s
        self._first = asyncio.create_task(self._begin())

    async def _begin(self) -> Batch:
        return await anext(self._batches)

    async def begun(self, patience_s: float) -> bool:
        """Waits for the first batch, but no longer than `patience_s`; whether it has come.

        Raises:
            RuntimeFault: the generation failed before it.
        """
        await asyncio.wait({self._first}, timeout=patience_s)
        if self._first.done() and (error := self._first.exception()):
            raise _fault(error) from error
        return self._first.done()

    async def each(self, take: Callable[[Batch], Awaitable[None]]) -> None:
        """Hands every batch over, one after the other.

        Raises:
            RuntimeFault: the generation failed; nothing follows.
        """
        try:
            async with asyncio.timeout_at(self._deadline):
                await take(await self._first)
                async for batch in self._batches:
                    await take(batch)
        except Exception as error:
            raise _fault(error) from error

    async def stop(self) -> None:
        """Stops it where it is. Safe to call twice."""
        self._first.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._first
        await self._batches.aclose()


def _fault(error: BaseException) -> RuntimeFault:
    if isinstance(error, RuntimeFault):
        return error
    if isinstance(error, TimeoutError):
        return RequestTimeout("Operation timed out. Please try again later.")
    log.error("unexpected error", exc_info=error)
    return internal_error()
