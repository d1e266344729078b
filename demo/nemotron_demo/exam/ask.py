"""Asking over HTTP, many questions at a time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

CONCURRENCY = 16
PROGRESS_EVERY = 100


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        calls: Names and arguments, the latter as the text that was sent.
        finish: The finish reason; "error" where the request failed.
        error: What went wrong, else empty.
    """

    content: str = ""
    reasoning: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    finish: str = "error"
    reasoning_tokens: int = 0
    output_tokens: int = 0
    error: str = ""


def read(body: Mapping[str, Any]) -> Reply:
    """A completion's body as a reply."""
    choice, usage = body["choices"][0], body["usage"]
    message = choice["message"]
    functions = [call["function"] for call in message.get("tool_calls") or ()]
    details = usage.get("completion_tokens_details") or {}
    return Reply(
        content=message.get("content") or "",
        reasoning=message.get("reasoning") or "",
        calls=tuple((function["name"], function["arguments"]) for function in functions),
        finish=choice["finish_reason"],
        reasoning_tokens=details.get("reasoning_tokens") or 0,
        output_tokens=usage["completion_tokens"],
    )


async def ask_all(base: str, bodies: Sequence[Mapping[str, Any]], label: str) -> list[Reply]:
    """Sends all requests, ``CONCURRENCY`` at a time; the replies stand in the order of the requests."""
    places = asyncio.Semaphore(CONCURRENCY)
    done = 0

    async def one(client: httpx.AsyncClient, body: Mapping[str, Any]) -> Reply:
        nonlocal done
        async with places:
            reply = await _ask(client, base, body)
        done += 1
        if done % PROGRESS_EVERY == 0 or done == len(bodies):
            print(f"{label}: {done} of {len(bodies)}", file=sys.stderr, flush=True)
        return reply

    async with httpx.AsyncClient(timeout=600) as client:
        return list(await asyncio.gather(*(one(client, body) for body in bodies)))


async def _ask(client: httpx.AsyncClient, base: str, body: Mapping[str, Any]) -> Reply:
    try:
        answer = await client.post(f"{base}/chat/completions", json=body)
    except httpx.HTTPError as error:
        return Reply(error=f"{type(error).__name__}: {error}")
    if answer.status_code != httpx.codes.OK:
        return Reply(error=f"HTTP {answer.status_code}: {answer.text[:300]}")
    return read(answer.json())


async def served_model(base: str) -> str:
    """The slug of the model that answers there."""
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{base}/models")
        answer.raise_for_status()
        return str(answer.json()["data"][0]["id"])
