"""The routes about the key of the request itself: what it may, what it has spent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from nemotron_runtime.api.gate import NOBODY, Gate
from nemotron_runtime.api.key_entries import current_key, free_requests, usd
from nemotron_runtime.api.visit import Visit, visit_of
from nemotron_runtime.store.keyring import Keyring
from nemotron_runtime.wire.accounts import CreditsBody, CurrentKeyBody


def current_key_router(ring: Keyring, gate: Gate) -> APIRouter:
    """Routes ``/key``, its older name ``/auth/key``, and ``/credits``."""
    router = APIRouter()

    @router.get("/key")
    @router.get("/auth/key")
    async def key(request: Request) -> Any:
        return JSONResponse(_current(visit_of(request), ring, gate))

    @router.get("/credits")
    async def credit(request: Request) -> Any:
        return JSONResponse(_credits(visit_of(request), ring))

    return router


def _current(visit: Visit, ring: Keyring, gate: Gate) -> CurrentKeyBody:
    who = visit.key.hash if visit.key else NOBODY
    return {"data": current_key(visit.key, ring.usage(who), free_requests(gate.free, who))}


def _credits(visit: Visit, ring: Keyring) -> CreditsBody:
    """An ordinary key's own money in its limit's period, else that of all keys.

    Nobody buys credits here: what isn't limited has as many as were used.
    """
    if visit.key is None or visit.key.terms.management:
        used = sum((ring.usage(key.hash).total for key in ring.all()), Decimal(0))
        return {"data": {"total_credits": usd(used), "total_usage": usd(used)}}
    terms, usage = visit.key.terms, ring.usage(visit.key.hash)
    used = usage.counted(terms)
    limit = used if terms.limit_usd is None else terms.limit_usd
    return {"data": {"total_credits": usd(limit), "total_usage": usd(used)}}
