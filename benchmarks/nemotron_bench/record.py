"""What is kept of each request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ErrorClass = Literal[
    "connect",  # no connection, or it broke before a byte of the answer
    "timeout",  # silence for longer than allowed
    "http_3xx",
    "http_4xx",
    "http_429",
    "http_5xx",
    "not_a_stream",  # 200, but no server-sent events
    "error_chunk",  # an error in mid-stream
    "broken_stream",  # it ended without a finish reason
    "bad_json",  # an event that is no chunk
    "no_usage",  # nothing says how many tokens these were
]


@dataclass(frozen=True, slots=True)
class Row:
    """One request. Times are seconds since its step began, on a monotonic clock.

    An event is a chunk with generated content: reasoning, answer or a piece of a call.

    Attributes:
        index: Place in the workload.
        session: Requests of one session follow each other, as turns.
        due_s: When it was to be sent; open-loop only.
        sent_s: When its bytes were written, on a connection that stood; None where there was none.
        first_s: Arrival of the first event.
        answer_s: Arrival of the first event that isn't reasoning.
        last_s: Arrival of the last event.
        end_s: Arrival of the end of the stream, or of the error.
        events: How many there were.
        gaps_us: Microseconds between successive events; empty where they weren't kept.
        output_tokens: By ``usage``, reasoning included.
        cancelled: Closed by us, on purpose, in mid-stream; then there is no usage.
        error: None where it went well, or was cancelled.
        message: The error in words, at most 300 characters.
        answer_id: The server's name for the answer.
    """

    index: int
    session: int
    turn: int
    due_s: float | None = None
    sent_s: float | None = None
    first_s: float | None = None
    answer_s: float | None = None
    last_s: float | None = None
    end_s: float | None = None
    events: int = 0
    gaps_us: tuple[int, ...] = ()
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    finish: str | None = None
    cancelled: bool = False
    error: ErrorClass | None = None
    message: str = ""
    answer_id: str | None = None

    @property
    def ok(self) -> bool:
        """Answered in full."""
        return self.error is None and not self.cancelled


@dataclass(slots=True)
class Watch:
    """What live progress looks at.

    Attributes:
        open: Requests that are in flight.
        events: All events until now.
    """

    open: int = 0
    events: int = 0
