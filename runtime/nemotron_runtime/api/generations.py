"""The routes about one generation, which is there as soon as it has ended."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from nemotron_runtime.api.asking import ask_store
from nemotron_runtime.api.generation_entry import generation_content, generation_entry
from nemotron_runtime.api.visit import Visit, visit_of
from nemotron_runtime.chat.record import GenerationRecord
from nemotron_runtime.errors import InvalidRequest, NotFound
from nemotron_runtime.store.store import Store
from nemotron_runtime.wire.generation import GenerationBody, GenerationContentBody

_SHOWN_CHARACTERS = 80


def generations_router(store: Store | None) -> APIRouter:
    """Routes ``/generation`` and ``/generation/content``. A key sees its own; who sees all, every one."""
    router = APIRouter()

    @router.get("/generation")
    async def generation(request: Request) -> Any:
        record, _ = await _found(request, store)
        body: GenerationBody = {"data": generation_entry(record)}
        return JSONResponse(body)

    @router.get("/generation/content")
    async def content(request: Request) -> Any:
        record, kept = await _found(request, store)
        said = await ask_store(kept.generations.content, record.id)
        if said is None:
            raise NotFound(
                f"The content of {record.id} is not stored; with --store-content it is, for a while"
            )
        body: GenerationContentBody = {"data": generation_content(record, said)}
        return JSONResponse(body)

    return router


async def _found(request: Request, store: Store | None) -> tuple[GenerationRecord, Store]:
    generation_id = request.query_params.get("id")
    if not generation_id:
        raise InvalidRequest("id: Required")
    if store is None:
        raise NotFound(
            f"Generation {generation_id[:_SHOWN_CHARACTERS]} not found: this server keeps no store"
        )
    record = await ask_store(store.generations.find, generation_id)
    if record is None or not _may_see(visit_of(request), record):
        raise _missing(generation_id)
    return record, store


def _may_see(visit: Visit, record: GenerationRecord) -> bool:
    return visit.sees_all or visit.key_hash == record.caller.key_hash


def _missing(generation_id: str, reason: str = "") -> NotFound:
    return NotFound(f"Generation {generation_id[:_SHOWN_CHARACTERS]} not found{reason}")
