"""What one chunk of a streamed completion says, whoever sent it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import orjson

Kind = Literal["reasoning", "answer"]
"""A call counts as answer: it is what the client waits for."""


class BadChunk(ValueError):
    """Data that is no chunk."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counts them; None for what it doesn't say."""

    prompt_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk, reduced to what is measured.

    Attributes:
        kind: What was generated; None where nothing was, as in a chunk that has a role only.
        error: The server's message, where the chunk is one of an error.
    """

    kind: Kind | None = None
    finish: str | None = None
    usage: Usage | None = None
    error: str | None = None
    answer_id: str | None = None


def read_chunk(data: bytes) -> Chunk:
    """A chunk from the data of an event.

    Usage counts wherever it stands: OpenAI sends it beside empty choices, OpenRouter beside one.

    Raises:
        BadChunk: no JSON, or not of a chunk's form.
    """
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as fault:
        raise BadChunk(f"no JSON: {fault}") from fault
    if not isinstance(document, dict):
        raise BadChunk("no JSON object")
    if error := document.get("error"):
        return Chunk(error=error_message(error))
    choices = document.get("choices")
    if not isinstance(choices, list):
        raise BadChunk("no choices")
    choice = choices[0] if choices else {}
    if not isinstance(choice, dict):
        raise BadChunk("a choice that is no object")
    finish, answer_id, usage = choice.get("finish_reason"), document.get("id"), document.get("usage")
    return Chunk(
        kind=_kind(choice.get("delta")),
        finish=finish if isinstance(finish, str) else None,
        usage=_usage(usage) if usage is not None else None,
        answer_id=answer_id if isinstance(answer_id, str) else None,
    )


def error_message(error: Any) -> str:
    """The text of an error object, at most 300 characters."""
    message = error.get("message") if isinstance(error, dict) else error
    return str(message or "no reason given")[:300]


def _kind(delta: Any) -> Kind | None:
    if not isinstance(delta, dict):
        return None
    if delta.get("content") or delta.get("tool_calls") or delta.get("refusal"):
        return "answer"
    if delta.get("reasoning") or delta.get("reasoning_content"):
        return "reasoning"
    return None


def _usage(usage: Any) -> Usage:
    if not isinstance(usage, dict):
        raise BadChunk("usage is no object")
    prompt, output = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    if prompt is None or output is None:
        raise BadChunk("usage without counts of tokens")
    return Usage(
        prompt_tokens=prompt,
        output_tokens=output,
        reasoning_tokens=_detail(usage, "completion_tokens_details", "reasoning_tokens"),
        cached_tokens=_detail(usage, "prompt_tokens_details", "cached_tokens"),
    )


def _detail(usage: dict[str, Any], group: str, name: str) -> int | None:
    details = usage.get(group)
    return _count(details.get(name)) if isinstance(details, dict) else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
