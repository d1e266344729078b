"""Reads a request body: bounded, parsed once, typed from here on."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import Request
from pydantic import ValidationError

from nemotron_runtime.api.faults import validation_message
from nemotron_runtime.errors import InvalidRequest, PayloadTooLarge
from nemotron_runtime.wire.request import ChatRequest


async def read_json(request: Request, *, max_bytes: int, max_depth: int) -> dict[str, Any]:
    """The body as an object.

    Raises:
        PayloadTooLarge: as soon as more than ``max_bytes`` were announced or have arrived.
        InvalidRequest: no JSON, no object, or nested deeper than ``max_depth``.
    """
    raw = await _read(request, max_bytes)
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The body is not valid JSON: {error.msg} at byte {error.pos}") from error
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object")
    if _deeper_than(body, max_depth):
        raise InvalidRequest(f"The body is nested deeper than {max_depth} levels")
    return body


async def _read(request: Request, max_bytes: int) -> bytes:
    too_large = PayloadTooLarge(f"Request payload too large: at most {max_bytes} bytes are accepted")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)


def _deeper_than(value: Any, limit: int) -> bool:
    """Level by level, so that a hostile body can't exhaust the stack."""
    level = [value]
    for _ in range(limit):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def chat_request(body: dict[str, Any]) -> ChatRequest:
    """The typed request.

    Raises:
        InvalidRequest: names the first wrong field by its path.
    """
    if body.get("messages") is None:
        raise InvalidRequest('Input required: specify "prompt" or "messages"')
    try:
        return ChatRequest.model_validate(body)
    except ValidationError as error:
        raise InvalidRequest(validation_message(error.errors(include_url=False), body)) from error
