"""What a chat generation consists of, as plain values in the order they happen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nemotron_runtime.engine.base import TokenLogprob

FinishReason = Literal["stop", "length", "tool_calls", "error"]


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """Thought, without the think marks."""

    text: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Answer text, with one logprob row for each token that it is made of, where asked for."""

    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCallStart:
    """A call begins. ``index`` counts the calls of this answer from 0."""

    index: int
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolCallArgs:
    """The next piece of a call's arguments: JSON text that grows to one object."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts. Prompt includes cached, completion includes reasoning."""

    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds since the request was accepted; None where it never came to that."""

    first_token_s: float | None
    total_s: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event, exactly once, of every generation that didn't fail."""

    reason: FinishReason
    native_reason: str
    usage: Usage
    timings: Timings


Piece = ReasoningDelta | TextDelta | ToolCallStart | ToolCallArgs
ChatEvent = Piece | Finished
