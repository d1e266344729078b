"""Reads one answer as it comes in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import orjson

from nemotron_bench.chunks import BadChunk, Usage, error_message, read_chunk
from nemotron_bench.record import ErrorClass, Row, Watch
from nemotron_bench.sse import EndlessLine, EventReader

MAX_ERROR_BYTES = 1 << 16


class Answer:
    """The :class:`nemotron_bench.http1.Receiver` of a chat request.

    Attributes:
        done: Set when nothing more is expected.
        leave: Called to close the connection before the answer's end.
        sent_ns: To be set once the request is written.
        whole: HTTP's message came to its end, so the connection can be used again.
    """

    def __init__(self, watch: Watch, cancel_after_events: int | None, *, keep_gaps: bool) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.leave: Callable[[], None] = lambda: None
        self.sent_ns = 0
        self.whole = False
        self._untouched = True
        self._watch, self._cancel_after, self._keep_gaps = watch, cancel_after_events, keep_gaps
        self._reader = EventReader()
        self._status, self._refusal = 0, bytearray()
        self._first_ns = self._answer_ns = self._last_ns = self._end_ns = 0
        self._events = 0
        self._gaps_us: list[int] = []
        self._finish: str | None = None
        self._usage: Usage | None = None
        self._answer_id: str | None = None
        self._ended = self._cancelled = False
        self._error: ErrorClass | None = None
        self._message = ""

    def on_head(self, status: int, content_type: str) -> None:
        """Status and type of the answer."""
        self._untouched = False
        self._status = status
        if status == 200 and not content_type.startswith("text/event-stream"):
            self.fail("not_a_stream", f"200 with {content_type or 'no content type'}: check the base URL")

    def on_bytes(self, stamp_ns: int, piece: bytes) -> None:
        """A piece of the body."""
        if self.done.done():
            return
        self._end_ns = stamp_ns
        if self._status != 200:
            self._refusal += piece[: MAX_ERROR_BYTES - len(self._refusal)]
            return
        try:
            for data in self._reader.feed(piece):
                self._event(stamp_ns, data)
                if self.done.done():
                    return
        except (BadChunk, EndlessLine) as fault:
            self.fail("bad_json", str(fault))

    def _event(self, stamp_ns: int, data: bytes) -> None:
        if data == b"[DONE]":
            self._ended = True
            return
        chunk = read_chunk(data)
        if chunk.error is not None:
            self.fail("error_chunk", chunk.error)
            return
        self._answer_id = self._answer_id or chunk.answer_id
        self._finish = chunk.finish or self._finish
        self._usage = chunk.usage or self._usage
        if chunk.kind:
            self._generated(stamp_ns, thought=chunk.kind == "reasoning")

    def _generated(self, stamp_ns: int, *, thought: bool) -> None:
        self._events += 1
        self._watch.events += 1
        if self._first_ns == 0:
            self._first_ns = stamp_ns
        elif self._keep_gaps:
            self._gaps_us.append((stamp_ns - self._last_ns) // 1000)
        self._last_ns = stamp_ns
        if not thought and self._answer_ns == 0:
            self._answer_ns = stamp_ns
        if self._events == self._cancel_after:
            self._cancelled = True
            self._close()

    def on_end(self, stamp_ns: int, *, whole: bool) -> None:
        """The answer has ended."""
        self.whole = whole
        if self.done.done():
            return
        self._end_ns = stamp_ns
        if self._untouched:
            self.fail("connect", "the connection ended before an answer")
        elif self._status != 200:
            self.fail(_status_class(self._status), self._refused())
        elif not whole and not self._ended:
            self.fail("broken_stream", "the connection ended in mid-stream")
        elif self._finish is None:
            self.fail("broken_stream", "the stream ended without a finish reason")
        elif self._usage is None:
            self.fail("no_usage", "no chunk had usage")
        else:
            self.done.set_result(None)

    def fail(self, error: ErrorClass, message: str) -> None:
        """Ends the request as failed."""
        self._error, self._message, self._end_ns = error, message[:300], time.monotonic_ns()
        self._close()

    @property
    def stale(self) -> bool:
        """The connection had ended before it was used."""
        return self._untouched and self._error == "connect"

    def _close(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        if not self.whole:
            self.leave()

    def _refused(self) -> str:
        try:
            document = orjson.loads(bytes(self._refusal))
        except orjson.JSONDecodeError:
            return f"HTTP {self._status}"
        details = document.get("error", document) if isinstance(document, dict) else document
        return f"HTTP {self._status}: {error_message(details)}"[:300]

    def row(self, row: Row, began_ns: int) -> Row:
        """The request's row, with what was seen."""

        def at(stamp_ns: int) -> float | None:
            return round((stamp_ns - began_ns) / 1e9, 6) if stamp_ns else None

        usage = self._usage or Usage()
        return replace(
            row,
            sent_s=at(self.sent_ns),
            first_s=at(self._first_ns),
            answer_s=at(self._answer_ns),
            last_s=at(self._last_ns),
            end_s=at(self._end_ns),
            events=self._events,
            gaps_us=tuple(self._gaps_us),
            prompt_tokens=usage.prompt_tokens,
            output_tokens=usage.output_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            cached_tokens=usage.cached_tokens,
            finish=self._finish,
            cancelled=self._cancelled,
            error=self._error,
            message=self._message,
            answer_id=self._answer_id,
        )


def _status_class(status: int) -> ErrorClass:
    if status == 429:
        return "http_429"
    classes: dict[int, ErrorClass] = {2: "not_a_stream", 3: "http_3xx", 4: "http_4xx"}
    return classes.get(status // 100, "http_5xx")
