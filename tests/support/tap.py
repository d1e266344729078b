"""Keeps what a server answers, so that each body can be held against the contract."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from openrouter import components
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from support import contract

CHAT = "/chat/completions"
HOP_HEADERS = frozenset({"connection", "transfer-encoding", "host"})


@dataclass
class Answer:
    """One answer, as far as it was sent."""

    path: str
    status: int = 0
    media_type: str = ""
    body: bytearray = field(default_factory=bytearray)

    def check(self) -> None:
        """Holds all that was sent against OpenRouter's OpenAPI file and its Python client's models.

        Raises:
            AssertionError: with the place in the body.
        """
        assert self.path.endswith(CHAT), self.path
        if self.media_type == "text/event-stream":
            for chunk in self.chunks():
                contract.validate_schema("ChatStreamChunk", chunk)
                contract.validate_sdk(components.ChatStreamChunk, chunk)
        elif self.body:
            contract.validate_response("post", CHAT, self.status, bytes(self.body))
            if self.status == 200:
                contract.validate_sdk(components.ChatResult, bytes(self.body))

    def chunks(self) -> list[Any]:
        lines = [line for line in self.body.decode().split("\n") if line.startswith("data: {")]
        return [json.loads(line.removeprefix("data: ")) for line in lines]


class Tap:
    """ASGI around a server."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self._open = 0
        self._answers: list[Answer] = []

    def around(self, app: ASGIApp) -> ASGIApp:
        self.app = app
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        answer = Answer(scope["path"])

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.media_type = Headers(raw=message["headers"]).get("content-type", "").partition(";")[0]
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")
            await send(message)

        self._open += 1
        try:
            await self.app(scope, receive, keep)
        finally:
            self._answers.append(answer)
            self._open -= 1

    def take(self) -> list[Answer]:
        """All answers since the last call, once the last one has ended."""
        deadline = time.monotonic() + 10
        while self._open:
            assert time.monotonic() < deadline, "an answer does not end"
            time.sleep(0.01)
        answers, self._answers = self._answers, []
        return answers


def forward(upstream: str) -> ASGIApp:
    """A server that hands all requests on to another one; a client that leaves closes the request there."""

    async def handle(request: Request) -> Response:
        client = httpx.AsyncClient(timeout=None)
        headers = [(k, v) for k, v in request.headers.items() if k not in HOP_HEADERS]
        url = f"{upstream}{request.url.path}"
        ask = client.build_request(request.method, url, headers=headers, content=await request.body())
        answer = await client.send(ask, stream=True)
        headers = {k: v for k, v in answer.headers.items() if k not in HOP_HEADERS}
        return StreamingResponse(
            answer.aiter_raw(), answer.status_code, headers, background=BackgroundTask(client.aclose)
        )

    return Starlette(routes=[Route("/{path:path}", handle, methods=["GET", "POST"])])
