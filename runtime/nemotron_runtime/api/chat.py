"""POST /chat/completions: parse, plan, run, encode."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import structlog
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from nemotron_runtime.api.body import chat_request, read_json
from nemotron_runtime.api.caller import caller_of
from nemotron_runtime.api.faults import fault_response, internal_error
from nemotron_runtime.api.gate import Gate
from nemotron_runtime.api.generation import Batch, Generation
from nemotron_runtime.api.sse import COMMENT, EventStream
from nemotron_runtime.api.visit import visit_of
from nemotron_runtime.chat.chunk_writer import ChunkWriter
from nemotron_runtime.chat.encode import Envelope, fold
from nemotron_runtime.chat.events import ChatEvent
from nemotron_runtime.chat.plan import GenerationPlan, new_generation_id
from nemotron_runtime.chat.planner import Planner
from nemotron_runtime.chat.record import Caller
from nemotron_runtime.chat.service import ChatService
from nemotron_runtime.errors import InvalidRequest, RuntimeFault
from nemotron_runtime.models.provider import PROVIDER_NAME, PROVIDER_SLUG
from nemotron_runtime.models.resolve import Resolved

log = structlog.get_logger()

THREAD_BYTES = 64 * 1024
"""A body larger than this is planned in a thread: tokenising it would hold up the other streams."""

SESSION_ID_CHARS = 256

CLIENT_GONE = 499
"""Nobody reads this answer."""


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """How the route behaves.

    Attributes:
        keepalive_first_s: Wait for the first event before 200 is sent; also the first silence.
        keepalive_interval_s: Silence between later comments.
        timeout_s: Seconds for a whole generation; None: no limit.
        headers: Sent with every answer.
    """

    max_body_bytes: int
    max_json_depth: int
    keepalive_first_s: float = 1.0
    keepalive_interval_s: float = 10.0
    timeout_s: float | None = None
    log_content: bool = False
    store_content: bool = False
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    """One request on its way."""

    request: Request
    id: str
    created: int
    plan: GenerationPlan
    envelope: Envelope
    caller: Caller


class ChatRoute:
    """The route's handler."""

    def __init__(self, planner: Planner, service: ChatService, gate: Gate, settings: ChatSettings) -> None:
        self._planner = planner
        self._service = service
        self._gate = gate
        self._settings = settings

    def router(self) -> APIRouter:
        """POST /chat/completions."""
        router = APIRouter()
        router.add_api_route("/chat/completions", self.handle, methods=["POST"], response_model=None)
        return router

    async def handle(self, request: Request) -> Response:
        """Answers one request; every answer, errors included, carries X-Generation-Id."""
        created = int(time.time())
        generation_id = new_generation_id(created)
        headers = {"X-Generation-Id": generation_id, **(self._settings.headers or {})}
        try:
            call = await self._accept(request, generation_id, created)
            return await (self._stream if call.plan.stream else self._whole)(call, headers)
        except RuntimeFault as fault:
            return fault_response(fault, headers)
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        except Exception as error:
            log.error("unexpected error", id=generation_id, exc_info=error)
            return fault_response(internal_error(), headers)

    async def _accept(self, request: Request, generation_id: str, created: int) -> _Call:
        visit = visit_of(request)
        self._gate.enter(visit)
        body = await read_json(
            request, max_bytes=self._settings.max_body_bytes, max_depth=self._settings.max_json_depth
        )
        if len(request.headers.get("x-session-id", "")) > SESSION_ID_CHARS:
            raise InvalidRequest(
                f"x-session-id: Too big: expected string to have <={SESSION_ID_CHARS} characters"
            )
        if self._settings.log_content:
            log.info("content", id=generation_id, request=body)
        size = int(request.headers.get("content-length") or THREAD_BYTES)
        make = partial(self._plan, body)
        plan, resolved = await asyncio.to_thread(make) if size >= THREAD_BYTES else make()
        self._gate.weigh(visit, plan, resolved)
        envelope = Envelope(
            id=generation_id,
            created=created,
            model=plan.model,
            provider=PROVIDER_NAME,
            bytes_of=self._planner.tokens.bytes_of,
            prompt_price=resolved.prices.prompt,
            completion_price=resolved.prices.completion,
            show_reasoning=not plan.hide_reasoning,
            service_tier=plan.service_tier,
            metadata=_metadata(request, resolved),
        )
        caller = caller_of(request, body, store_content=self._settings.store_content)
        return _Call(request, generation_id, created, plan, envelope, caller)

    def _plan(self, body: dict[str, Any]) -> tuple[GenerationPlan, Resolved]:
        return self._planner.plan(chat_request(body))

    def _generation(self, call: _Call) -> Generation:
        batches = self._service.run(
            call.plan, generation_id=call.id, created_s=call.created, caller=call.caller
        )
        return Generation(batches, self._settings.timeout_s)

    async def _whole(self, call: _Call, headers: Mapping[str, str]) -> Response:
        """One JSON body. A client that leaves meanwhile stops the generation."""
        generation = self._generation(call)
        collecting = asyncio.create_task(_collect(generation))
        leaving = asyncio.create_task(_disconnected(call.request))
        try:
            await asyncio.wait({collecting, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not collecting.done():
                return Response(status_code=CLIENT_GONE)
            result = fold(collecting.result(), call.envelope)
            return Response(orjson.dumps(result), headers=dict(headers), media_type="application/json")
        finally:
            leaving.cancel()
            await _cancelled(collecting)
            await generation.stop()

    async def _stream(self, call: _Call, headers: Mapping[str, str]) -> Response:
        """Server-sent events. What fails before the first event keeps its status."""
        generation = self._generation(call)
        try:
            begun = await generation.begun(self._settings.keepalive_first_s)
        except BaseException:
            await generation.stop()
            raise
        writer = ChunkWriter(call.envelope)
        opening = b"" if call.plan.echo is None else writer.opening(dict(call.plan.echo))
        return EventStream(
            generation,
            writer,
            opening=opening if begun else COMMENT + opening,
            requested_model=call.plan.requested_model,
            interval_s=self._settings.keepalive_interval_s,
            headers=headers,
        )


async def _collect(generation: Generation) -> list[ChatEvent]:
    events: list[ChatEvent] = []

    async def take(batch: Batch) -> None:
        events.extend(batch)

    await generation.each(take)
    return events


async def _cancelled(task: asyncio.Task[Any]) -> None:
    """Cancels a task and waits until it has ended."""
    task.cancel()
    await asyncio.wait({task})


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _metadata(request: Request, resolved: Resolved) -> Mapping[str, Any] | None:
    """``openrouter_metadata``, for clients that send ``X-OpenRouter-Metadata: enabled``."""
    headers = request.headers
    wish = headers.get("x-openrouter-metadata") or headers.get("x-openrouter-experimental-metadata") or ""
    if wish.lower() != "enabled":
        return None
    return {
        "requested": resolved.requested,
        "strategy": "direct",
        "region": None,
        "summary": f"available=1, selected={PROVIDER_SLUG}",
        "attempt": 1,
        "is_byok": False,
        "endpoints": {
            "total": 1,
            "available": [{"provider": PROVIDER_NAME, "model": resolved.model, "selected": True}],
        },
    }
