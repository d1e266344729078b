"""Who asks, read from one HTTP request."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request

from nemotron_runtime.api.attribution import app_of
from nemotron_runtime.api.visit import visit_of
from nemotron_runtime.chat.record import Caller

_KEPT_CHARS = 500


def caller_of(request: Request, body: dict[str, Any], *, store_content: bool) -> Caller:
    """Who asks.

    Args:
        body: A chat request that has passed its checks.
        store_content: Take the messages along.
    """
    headers = request.headers
    return Caller(
        key_hash=visit_of(request).key_hash,
        app=app_of(headers),
        referer=_short(headers.get("http-referer") or headers.get("referer")),
        user_agent=_short(headers.get("user-agent")),
        session_id=_short(body.get("session_id") or headers.get("x-session-id")),
        user=_short(body.get("user")),
        messages_json=orjson.dumps(body["messages"]).decode() if store_content else None,
    )


def _short(text: str | None) -> str | None:
    """Without NUL, which PostgreSQL doesn't take."""
    return (text or "").replace("\0", "")[:_KEPT_CHARS] or None
