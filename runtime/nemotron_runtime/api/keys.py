"""The routes of management: keys are listed, made, changed and deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from nemotron_runtime.api.body import read_json
from nemotron_runtime.api.key_entries import key_entry
from nemotron_runtime.api.queries import checked, parse_query
from nemotron_runtime.api.visit import visit_of
from nemotron_runtime.errors import InvalidRequest, NotFound
from nemotron_runtime.store.keyring import Keyring
from nemotron_runtime.store.keys import Key, KeyTerms
from nemotron_runtime.wire.accounts import DeletedBody, KeyBody, KeyEntry, KeysBody, NewKeyBody
from nemotron_runtime.wire.key_terms import WORKSPACE, ChangeKey, CreateKey, KeysQuery

PAGE_KEYS = 100
_BODY_BYTES = 64 << 10
_BODY_DEPTH = 8
_SPELLED = {"limit": "limit_usd"}
"""Terms whose name on the wire is another."""

Result = TypeVar("Result")


class Keys:
    """What the routes do. Changes wait for the database in a thread."""

    def __init__(self, ring: Keyring) -> None:
        self._ring = ring

    def page(self, query: KeysQuery) -> KeysBody:
        """Lists keys, oldest first."""
        now = datetime.now(UTC)
        keys = [
            key
            for key in self._ring.all()
            if (query.include_disabled or not key.terms.disabled)
            and (query.include_expired or not key.expired(now))
            and query.workspace_id == WORKSPACE
        ]
        return {"data": [self._entry(key) for key in keys[query.offset : query.offset + PAGE_KEYS]]}

    def one(self, key_hash: str) -> KeyBody:
        """Finds a key.

        Raises:
            NotFound: there is none.
        """
        return {"data": self._entry(self._found(key_hash))}

    async def create(self, body: CreateKey) -> NewKeyBody:
        """Makes a key.

        Raises:
            InvalidRequest: there is no store.
        """
        new = await _stored(self._ring.create, KeyTerms(**_terms(body)))
        return {"data": self._entry(new.key), "key": new.secret}

    async def change(self, key_hash: str, body: ChangeKey) -> KeyBody:
        """Changes what the body names.

        Raises:
            NotFound: there is no such key.
            InvalidRequest: it stands in the settings, or there is no store.
        """
        self._check_changeable(key_hash)
        given = {name: value for name, value in _terms(body).items() if name in _given(body)}
        key = await _stored(self._ring.change, key_hash, lambda terms: replace(terms, **given))
        if key is None:
            raise _unknown()
        return {"data": self._entry(key)}

    async def delete(self, key_hash: str) -> DeletedBody:
        """Removes a key; errors as above."""
        self._check_changeable(key_hash)
        if not await _stored(self._ring.delete, key_hash):
            raise _unknown()
        return {"deleted": True}

    def _check_changeable(self, key_hash: str) -> None:
        if self._found(key_hash).of_settings:
            raise InvalidRequest("This key stands in the server's settings; change it there")

    def _found(self, key_hash: str) -> Key:
        if key := self._ring.get(key_hash):
            return key
        raise _unknown()

    def _entry(self, key: Key) -> KeyEntry:
        return key_entry(key, self._ring.usage(key.hash))


def keys_router(ring: Keyring) -> APIRouter:
    """Routes ``/keys``, for management keys."""
    keys, router = Keys(ring), APIRouter()

    @router.get("/keys")
    async def page(request: Request) -> Any:
        visit_of(request).need_management()
        return JSONResponse(keys.page(parse_query(KeysQuery, request.query_params)))

    @router.post("/keys")
    async def create(request: Request) -> Any:
        visit_of(request).need_management()
        return JSONResponse(await keys.create(checked(CreateKey, await _body(request))), status_code=201)

    @router.get("/keys/{key_hash}")
    async def one(request: Request, key_hash: str) -> Any:
        visit_of(request).need_management()
        return JSONResponse(keys.one(key_hash))

    @router.patch("/keys/{key_hash}")
    async def change(request: Request, key_hash: str) -> Any:
        visit_of(request).need_management()
        return JSONResponse(await keys.change(key_hash, checked(ChangeKey, await _body(request))))

    @router.delete("/keys/{key_hash}")
    async def delete(request: Request, key_hash: str) -> Any:
        visit_of(request).need_management()
        return JSONResponse(await keys.delete(key_hash))

    return router


async def _body(request: Request) -> dict[str, Any]:
    return await read_json(request, max_bytes=_BODY_BYTES, max_depth=_BODY_DEPTH)


async def _stored(change: Callable[..., Result], *arguments: object) -> Result:
    try:
        return await asyncio.to_thread(change, *arguments)
    except LookupError as error:
        raise InvalidRequest(
            "This server keeps no store, so its keys are those of its settings; start it with --store"
        ) from error


def _terms(body: CreateKey | ChangeKey) -> Mapping[str, Any]:
    terms = body.model_dump(exclude={"workspace_id", "creator_user_id"})
    return {_SPELLED.get(name, name): value for name, value in terms.items()}


def _given(body: ChangeKey) -> set[str]:
    return {_SPELLED.get(name, name) for name in body.model_fields_set}


def _unknown() -> NotFound:
    return NotFound("API key not found")
