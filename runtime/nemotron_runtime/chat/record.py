"""What is kept of a generation, whatever ended it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from nemotron_runtime.chat.events import Timings, Usage

Outcome = Literal["finished", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """One record for each request, however it ends. Holds no text.

    Attributes:
        created_s: Unix seconds.
        finish_reason: None unless ``outcome`` is ``finished``.
        error_type: The wire's word for the error of a failed one.
    """

    id: str
    created_s: int
    model: str
    requested_model: str
    streamed: bool
    outcome: Outcome
    usage: Usage
    timings: Timings
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    error_type: str | None = None


class Recorder(Protocol):
    """Takes records. Never waits, never raises."""

    def put(self, record: GenerationRecord) -> None:
        """Keeps one record."""
