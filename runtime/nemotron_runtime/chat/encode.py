"""From chat events to the wire: one chunk an event for a stream, or all folded into one result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nemotron_runtime.chat.events import (
    ChatEvent,
    Finished,
    Piece,
    ReasoningDelta,
    TextDelta,
    ToolCallArgs,
    ToolCallStart,
    Usage,
)
from nemotron_runtime.engine.base import TokenLogprob
from nemotron_runtime.errors import RuntimeFault
from nemotron_runtime.wire import response as wire

LOGPROB_FLOOR = -9999.0
"""Stands for minus infinity, which JSON can't say (OpenAI's convention)."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all bodies of one answer have in common.

    Attributes:
        prompt_price, completion_price: US dollars a token.
        bytes_of: The bytes of a token id, for logprob rows.
        show_reasoning: False leaves thoughts out (they count all the same).
        metadata: ``openrouter_metadata``, where the client asked for it.
    """

    id: str
    created: int
    model: str
    provider: str
    bytes_of: Callable[[int], bytes]
    prompt_price: Decimal = Decimal(0)
    completion_price: Decimal = Decimal(0)
    show_reasoning: bool = True
    service_tier: str | None = None
    metadata: Mapping[str, Any] | None = None

    def chunk(self, choices: list[wire.ChunkChoice]) -> wire.Chunk:
        """A chunk with these choices and nothing else."""
        chunk: wire.Chunk = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "provider": self.provider,
            "choices": choices,
        }
        if self.service_tier is not None:
            chunk["service_tier"] = self.service_tier
        return chunk

    def usage(self, usage: Usage) -> wire.UsageBody:
        """Token counts and what they cost, to the last digit before the float."""
        prompt_cost = usage.prompt_tokens * self.prompt_price
        completion_cost = usage.completion_tokens * self.completion_price
        return {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            "cost": _number(prompt_cost + completion_cost),
            "is_byok": False,
            "prompt_tokens_details": {
                "cached_tokens": usage.cached_tokens,
                "cache_write_tokens": 0,
                "audio_tokens": 0,
                "video_tokens": 0,
            },
            "cost_details": {
                "upstream_inference_cost": _number(prompt_cost + completion_cost),
                "upstream_inference_prompt_cost": _number(prompt_cost),
                "upstream_inference_completions_cost": _number(completion_cost),
            },
            "completion_tokens_details": {
                "reasoning_tokens": usage.reasoning_tokens,
                "image_tokens": 0,
                "audio_tokens": 0,
            },
        }


def _number(amount: Decimal) -> float:
    return float(amount) if amount else 0


def chunks(event: ChatEvent, envelope: Envelope) -> list[wire.Chunk]:
    """The chunks that say this event: none, one, or, for the end, the finish and the usage."""
    if isinstance(event, Finished):
        return _closing(event, envelope)
    delta = _delta(event, envelope)
    if delta is None:
        return []
    choice: wire.ChunkChoice = {
        "index": 0,
        "delta": delta,
        "finish_reason": None,
        "native_finish_reason": None,
    }
    if isinstance(event, TextDelta) and event.logprobs:
        choice["logprobs"] = logprobs(event.logprobs, envelope.bytes_of)
    return [envelope.chunk([choice])]


def _delta(event: Piece, envelope: Envelope) -> wire.Delta | None:
    match event:
        case ReasoningDelta(text):
            if not envelope.show_reasoning:
                return None
            return {
                "content": "",
                "role": "assistant",
                "reasoning": text,
                "reasoning_details": [_reasoning_detail(text)],
            }
        case TextDelta(text):
            return {"content": text, "role": "assistant"}
        case ToolCallStart(index, id_, name):
            function: wire.FunctionDelta = {"name": name, "arguments": ""}
            call: wire.ToolCallDelta = {"index": index, "id": id_, "type": "function", "function": function}
        case ToolCallArgs(index, text):
            call = {"index": index, "function": {"arguments": text}}
    return {"content": None, "role": "assistant", "tool_calls": [call]}


def _closing(event: Finished, envelope: Envelope) -> list[wire.Chunk]:
    def closing() -> wire.Chunk:
        return envelope.chunk(
            [
                {
                    "index": 0,
                    "delta": {"content": "", "role": "assistant"},
                    "finish_reason": event.reason,
                    "native_finish_reason": event.native_reason,
                }
            ]
        )

    last = closing()
    last["usage"] = envelope.usage(event.usage)
    if envelope.metadata is not None:
        last["openrouter_metadata"] = dict(envelope.metadata)
    return [closing(), last]


def error_body(fault: RuntimeFault) -> wire.ErrorBody:
    """The ``error`` object, before and inside a stream."""
    return {
        "message": fault.message,
        "code": fault.status,
        "metadata": {"error_type": fault.error_type, **fault.metadata},
    }


def error_chunk(
    fault: RuntimeFault, envelope: Envelope, *, started: bool, requested_model: str
) -> wire.Chunk:
    """The last chunk of a stream that failed. ``started``: something of the answer went out before."""
    choice: wire.ChunkChoice = {
        "index": 0,
        "delta": {"content": "", "role": "assistant"},
        "finish_reason": "error",
        "native_finish_reason": "error",
    }
    chunk = envelope.chunk([choice] if started else [])
    chunk["error"] = error_body(fault)
    if not started:
        chunk["model"] = requested_model
    return chunk


def fold(events: Iterable[ChatEvent], envelope: Envelope) -> wire.Result:
    """One result from all events of a generation that finished."""
    answer = _Answer()
    finished: Finished | None = None
    for event in events:
        if isinstance(event, Finished):
            finished = event
        else:
            answer.take(event)
    if finished is None:
        raise ValueError("fold needs the events up to Finished")
    result: wire.Result = {
        "id": envelope.id,
        "object": "chat.completion",
        "created": envelope.created,
        "model": envelope.model,
        "provider": envelope.provider,
        "system_fingerprint": None,
        "service_tier": envelope.service_tier,
        "choices": [
            {
                "index": 0,
                "logprobs": logprobs(answer.rows, envelope.bytes_of) if answer.rows else None,
                "finish_reason": finished.reason,
                "native_finish_reason": finished.native_reason,
                "message": answer.message(show_reasoning=envelope.show_reasoning),
            }
        ],
        "usage": envelope.usage(finished.usage),
    }
    if envelope.metadata is not None:
        result["openrouter_metadata"] = dict(envelope.metadata)
    return result


class _Answer:
    """A message while it grows."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.rows: list[TokenLogprob] = []
        self.calls: dict[int, tuple[ToolCallStart, list[str]]] = {}

    def take(self, event: Piece) -> None:
        match event:
            case ReasoningDelta(text):
                self.reasoning.append(text)
            case TextDelta(text, rows):
                self.text.append(text)
                self.rows.extend(rows)
            case ToolCallStart(index):
                self.calls[index] = (event, [])
            case ToolCallArgs(index, text):
                self.calls[index][1].append(text)

    def message(self, *, show_reasoning: bool) -> wire.ResultMessage:
        reasoning = "".join(self.reasoning) if show_reasoning else ""
        message: wire.ResultMessage = {
            "role": "assistant",
            "content": "".join(self.text) or None,
            "refusal": None,
            "reasoning": reasoning or None,
        }
        if reasoning:
            message["reasoning_details"] = [_reasoning_detail(reasoning)]
        if self.calls:
            message["tool_calls"] = [_call(start, "".join(args)) for start, args in self.calls.values()]
        return message


def _call(start: ToolCallStart, arguments: str) -> wire.ToolCall:
    function: wire.Function = {"name": start.name, "arguments": arguments}
    return {"type": "function", "index": start.index, "id": start.id, "function": function}


def _reasoning_detail(text: str) -> wire.ReasoningDetail:
    return {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}


def logprobs(rows: Iterable[TokenLogprob], bytes_of: Callable[[int], bytes]) -> wire.Logprobs:
    """Rows as OpenAI's clients read them; a token that cuts a character shows U+FFFD and its bytes."""

    def entry(token_id: int, logprob: float) -> wire.TopLogprob:
        raw = bytes_of(token_id)
        return {
            "token": raw.decode("utf-8", "replace"),
            "logprob": max(logprob, LOGPROB_FLOOR),
            "bytes": list(raw),
        }

    return {
        "content": [
            {
                **entry(row.token_id, row.logprob),
                "top_logprobs": [entry(token_id, logprob) for token_id, logprob in row.top],
            }
            for row in rows
        ],
        "refusal": None,
    }
