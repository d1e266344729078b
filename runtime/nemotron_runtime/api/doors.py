"""Who may come in: the Host check, the Origin check and the keys, before any route."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from nemotron_runtime.api.faults import fault_response
from nemotron_runtime.api.visit import MISSING, UNKNOWN, Visit
from nemotron_runtime.errors import ClientError, Forbidden, InvalidRequest, Unauthorized
from nemotron_runtime.store.keyring import Keyring
from nemotron_runtime.store.keys import Key

PREFIXES = ("/api/v1", "/v1")
ASSETS = "/assets/"
_PUBLIC_ANY = frozenset({"/", "/health", "/ready"})
_PUBLIC_GET = re.compile(
    r"/(models|models/count|model/[^/]+/[^/]+|models/[^/]+/[^/]+/endpoints|providers|endpoints/zdr)"
)


@dataclass(frozen=True, slots=True)
class DoorRules:
    """What is let in.

    Attributes:
        keys: Those that are known.
        asks: A key is asked for.
        hosts: Accepted names in the Host header; None: any.
        origins: Accepted browser origins; None: any.
    """

    keys: Keyring = field(default_factory=Keyring)
    asks: bool = False
    hosts: tuple[str, ...] | None = None
    origins: re.Pattern[str] | None = None


class Doors:
    """Pure ASGI middleware, so that ``receive`` reaches the routes untouched."""

    def __init__(self, app: ASGIApp, rules: DoorRules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check_host(headers)
            self._check_origin(headers)
            visit = self._visit(scope["method"], scope["path"], headers)
        except ClientError as fault:
            await fault_response(fault)(scope, receive, send)
            return
        with visit:
            scope.setdefault("state", {})["visit"] = visit
            await self._app(scope, receive, send)

    def _check_host(self, headers: Headers) -> None:
        """A name that points here by DNS rebinding is not ours."""
        if self._rules.hosts is None:
            return
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name.strip("[]").lower() not in self._rules.hosts:
            raise InvalidRequest(
                f"The Host header {host[:100]!r} is not served here; add the name with --allowed-hosts"
            )

    def _check_origin(self, headers: Headers) -> None:
        """CORS only hides answers; a page that may not read one may not cause one either."""
        origin = headers.get("origin")
        if origin is None or self._rules.origins is None or self._rules.origins.fullmatch(origin):
            return
        raise Forbidden(f"The origin {origin[:100]!r} is not allowed here; allow it with --cors")

    def _visit(self, method: str, path: str, headers: Headers) -> Visit:
        """Where no key is asked for, one that is known is accounted to, and others are as good as none."""
        secret = _presented_key(headers)
        key = None if secret is None else self._opening(secret)
        if key is None and self._rules.asks and not is_public(method, path):
            raise Unauthorized(MISSING if secret is None else UNKNOWN)
        return Visit(key, asked=self._rules.asks, presented=secret is not None)

    def _opening(self, secret: str) -> Key | None:
        key = self._rules.keys.find(secret)
        return key if key and key.opens(datetime.now(UTC)) else None


def is_public(method: str, path: str) -> bool:
    """Whether this needs no key even where keys are set."""
    if method == "OPTIONS" or path in _PUBLIC_ANY:
        return True
    if path.startswith(ASSETS):
        return method in ("GET", "HEAD")
    for prefix in PREFIXES:
        if path.startswith(prefix + "/"):
            return method in ("GET", "HEAD") and _PUBLIC_GET.fullmatch(path.removeprefix(prefix)) is not None
    return False


def loopback_origins(extra: Sequence[str] = ()) -> re.Pattern[str]:
    """Pages served from this machine, and the origins named."""
    local = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
    return re.compile("|".join([local, *map(re.escape, extra)]))


def _presented_key(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("x-api-key") or None
