"""One streaming request, measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from nemotron_bench.answer import Answer
from nemotron_bench.http1 import Connection, NoConnection, Origin, Pool
from nemotron_bench.record import Row, Watch


@dataclass(frozen=True, slots=True)
class Call:
    """A request to send.

    Attributes:
        body: Of the chat request; ``stream`` and ``model`` are added.
        cancel_after_events: The connection is closed after so many; None: never.
    """

    index: int
    session: int
    turn: int
    body: Mapping[str, Any]
    cancel_after_events: int | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Sends chat requests to one server. To be made in a running loop.

    Attributes:
        key: For the Authorization header; nothing else of this package sees it.
        silence_s: A request ends as ``timeout`` after so long without a byte.
        keep_gaps: Whether rows have the gaps between events.
    """

    pool: Pool
    model: str
    key: str | None = None
    silence_s: float = 300.0
    keep_gaps: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def connect(cls, base_url: str, model: str, **settings: Any) -> Client:
        """A client for a base URL such as ``http://127.0.0.1:8000/api/v1``.

        Raises:
            BadUrl: it can't be used.
        """
        return cls(Pool(Origin.parse(base_url)), model, **settings)

    def close(self) -> None:
        """Ends all idle connections."""
        self.pool.close()

    async def chat(self, call: Call, began_ns: int, due_s: float | None = None) -> Row:
        """Sends a request and waits for its end. Never raises for what the server does.

        Args:
            began_ns: When the step began; times of the row count from here.
        """
        row = Row(call.index, call.session, call.turn, due_s=due_s)
        request = self._request(call)
        self.watch.open += 1
        try:
            while True:
                try:
                    connection, used = await self.pool.take()
                except NoConnection as fault:
                    return replace(row, error="connect", message=str(fault)[:300])
                answer = Answer(self.watch, call.cancel_after_events, keep_gaps=self.keep_gaps)
                await self._exchange(connection, request, answer)
                if not (used and answer.stale):  # else the server had closed it meanwhile
                    return answer.row(row, began_ns)
        finally:
            self.watch.open -= 1

    async def _exchange(self, connection: Connection, request: bytes, answer: Answer) -> None:
        answer.leave = connection.close
        try:
            async with self._gate:
                answer.sent_ns = connection.send(request, answer)
                await asyncio.sleep(0)  # uvloop writes as a round ends: one request a round, else stamps lie
            while not answer.done.done():
                left_s = self.silence_s - (time.monotonic_ns() - connection.stamp_ns) / 1e9
                if left_s <= 0:
                    answer.fail("timeout", f"{self.silence_s:g} s without a byte")
                else:
                    await asyncio.wait([answer.done], timeout=left_s)
        finally:
            if not answer.whole:
                connection.close()
        self.pool.give(connection)

    def _request(self, call: Call) -> bytes:
        """All of it as bytes, so that nothing but writing lies between the stamp and the socket."""
        body = {"model": self.model, **call.body, **self.extra, "stream": True}
        body["stream_options"] = {"include_usage": True}
        content = orjson.dumps(body)
        origin = self.pool.origin
        lines = [
            f"POST {origin.prefix}/chat/completions HTTP/1.1".encode(),
            b"Host: " + origin.authority,
            b"Content-Type: application/json",
            b"Accept: text/event-stream",
            b"User-Agent: nemotron-bench",
            b"Content-Length: %d" % len(content),
        ]
        if self.key:
            lines.append(b"Authorization: Bearer " + self.key.encode())
        return b"\r\n".join([*lines, b"", content])
