"""A chat-completions server that does what the last user message names."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

MODEL = "nvidia/nemotron-3-nano-30b-a3b"
USAGE = {
    "prompt_tokens": 21,
    "completion_tokens": 9,
    "total_tokens": 30,
    "cost": 0,
    "prompt_tokens_details": {"cached_tokens": 16},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
ESCAPE = "\x1b]0;owned\x07"


class ScriptedChat:
    """``bodies`` and ``keys`` are what requests had; ``left`` is set when a client leaves a stream."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.left = threading.Event()
        self.app = Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/models", self._models),
                Route("/odd/models", lambda _: JSONResponse({"data": ["a", 1]})),
            ]
        )

    async def _models(self, request: Request) -> Response:
        self.keys.append(request.headers.get("authorization"))
        return JSONResponse({"data": [{"id": MODEL, "name": "Nano", "context_length": 262144, "extra": 1}]})

    async def _chat(self, request: Request) -> Response:
        body = await request.json()
        self.bodies.append(body)
        self.keys.append(request.headers.get("authorization"))
        name = body["messages"][-1]["content"].strip()
        if name in _REFUSALS:
            return _REFUSALS[name]()
        if not body.get("stream"):
            return JSONResponse(_whole())
        if name == "endless":
            return StreamingResponse(self._endless(), media_type="text/event-stream")
        return StreamingResponse(_pieces(name), media_type="text/event-stream")

    async def _endless(self) -> AsyncIterator[bytes]:
        try:
            while True:
                yield _event(_delta(content="more "))
                await asyncio.sleep(0.02)
        finally:
            self.left.set()


_REFUSALS: dict[str, Callable[[], Response]] = {
    "locked": lambda: JSONResponse({"error": {"code": 401, "message": "User not found."}}, 401),
    "busy": lambda: JSONResponse(
        {"error": {"code": 503, "message": "queue is full"}}, 503, {"Retry-After": "7"}
    ),
    "lost": lambda: HTMLResponse("<h1>nothing here</h1>", 404),
    "foreign": lambda: JSONResponse({"detail": "an error of another make"}, 422),
    "page": lambda: HTMLResponse("<h1>welcome</h1>"),
    "inside": lambda: JSONResponse({"error": {"code": 504, "message": "timed out"}}),
}


async def _pieces(name: str) -> AsyncIterator[bytes]:
    """Cut at every 7 bytes, with comments between, so that nothing rests on how bytes arrive."""
    stream = b": OPENROUTER PROCESSING\n\n" + b"".join(_STREAMS[name]())
    for start in range(0, len(stream), 7):
        yield stream[start : start + 7]


def _event(document: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"


def _chunk(choices: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    return {"id": "gen-1", "object": "chat.completion.chunk", "model": MODEL, "choices": choices, **fields}


def _delta(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return _chunk([{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}])


def _thought(text: str) -> dict[str, Any]:
    detail = {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}
    return _delta(content="", reasoning=text, reasoning_details=[detail])


def _end(finish: str = "stop") -> list[bytes]:
    choice = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": finish}
    return [
        _event(_delta(finish, content="", reasoning=None)),
        _event(_chunk([choice], usage=USAGE)),
        b"data: [DONE]\n\n",
    ]


def _hello() -> list[bytes]:
    thoughts = [_event(_thought(text)) for text in ("They greet", " me.")]
    answer = [_event(_delta(content=text)) for text in ("Hello ", "world\u2028!")]
    return [*thoughts, b": OPENROUTER PROCESSING\n\n", *answer, *_end()]


def _call(index: int, **function: str) -> bytes:
    first = {"id": f"call_{index}", "type": "function"} if "name" in function else {}
    return _event(_delta(content=None, tool_calls=[{"index": index, **first, "function": function}]))


def _calls() -> list[bytes]:
    return [
        _call(0, name="weather", arguments=""),
        _call(0, arguments='{"city": '),
        _call(0, arguments='"Bern"}'),
        _call(1, name="time", arguments="{}"),
        *_end("tool_calls"),
    ]


def _failed(choices: list[dict[str, Any]]) -> bytes:
    return _event(_chunk(choices, error={"code": 502, "message": "The engine gave up."}))


_STREAMS: dict[str, Callable[[], list[bytes]]] = {
    "hello": _hello,
    "again": _hello,
    "calls": _calls,
    "cut": lambda: [_event(_delta(content="half"))],
    "late": lambda: [_failed([])],
    "middle": lambda: [_event(_delta(content="half")), _failed([{"index": 0, "finish_reason": "error"}])],
    "escape": lambda: [_event(_delta(content=f"a{ESCAPE}b")), *_end()],
    "vllm": lambda: [_event(_delta(reasoning_content="hm")), _event(_delta(content="yes")), *_end("length")],
}


def _whole() -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hello world", "refusal": None, "reasoning": "They greet me."}
    choice = {"index": 0, "logprobs": None, "finish_reason": "stop", "message": message}
    return {"id": "gen-1", "object": "chat.completion", "model": MODEL, "choices": [choice], "usage": USAGE}
