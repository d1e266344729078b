"""Asks whole answers, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from nemotron_bench.servers import Server

SILENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        calls: Names and arguments, the latter as the text that was sent.
        finish: The finish reason; None where the request failed.
        error: What went wrong, else empty.
    """

    content: str = ""
    reasoning: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    finish: str | None = None
    output_tokens: int | None = None
    error: str = ""


class BadReply(ValueError):
    """An answer that is no completion."""


def read(body: Any) -> Reply:
    """A completion's body as a reply.

    Raises:
        BadReply: it has no message.
    """
    choices = body.get("choices") if isinstance(body, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise BadReply("the answer has no message")
    usage = body.get("usage")
    tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return Reply(
        content=_text(message.get("content")),
        reasoning=_text(message.get("reasoning") or message.get("reasoning_content")),
        calls=tuple(map(_call, message.get("tool_calls") or ())),
        finish=_text(choice.get("finish_reason")) or None,
        output_tokens=tokens if isinstance(tokens, int) else None,
    )


async def ask(
    server: Server,
    bodies: Sequence[Mapping[str, Any]],
    concurrency: int,
    tell: Callable[[int], None] = lambda done: None,
) -> list[Reply]:
    """Sends all requests; replies stand in the order of the requests. What fails is a reply with an error.

    Args:
        concurrency: Requests at a time.
        tell: Called with the number of replies so far.
    """
    places = asyncio.Semaphore(concurrency)
    headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
    done = 0

    async def one(client: httpx.AsyncClient, body: Mapping[str, Any]) -> Reply:
        nonlocal done
        async with places:
            reply = await _ask(client, server, body)
        done += 1
        tell(done)
        return reply

    async with httpx.AsyncClient(timeout=SILENCE_S, headers=headers, limits=_LIMITS) as client:
        return list(await asyncio.gather(*(one(client, body) for body in bodies)))


_LIMITS = httpx.Limits(max_connections=None)


async def _ask(client: httpx.AsyncClient, server: Server, body: Mapping[str, Any]) -> Reply:
    try:
        answer = await client.post(
            f"{server.base_url}/chat/completions", json={"model": server.model, **body}
        )
        if not answer.is_success:
            return Reply(error=f"HTTP {answer.status_code}: {answer.text[:300]}")
        return read(answer.json())
    except httpx.HTTPError as fault:
        return Reply(error=f"{type(fault).__name__}: {fault}")
    except ValueError as fault:
        return Reply(error=str(fault)[:300])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _call(call: Any) -> tuple[str, str]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        raise BadReply("a call without a function")
    return _text(function.get("name")), _text(function.get("arguments"))
