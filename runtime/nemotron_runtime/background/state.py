"""What a server in the background does now, from its process and its own /ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from nemotron_runtime.background.servers import Server

DEAD, RUNNING, READY = "dead", "running", "ready"
_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class State:
    """A server at one moment.

    Attributes:
        state: ``dead``; ``running``, where the process is there and does not answer: it begins or ends; else
            the engine's: ``starting``, ``ready``, ``restarting``, ``failed``, ``stopped``.
        model: The one that is served; None where the server doesn't say.
        engine_restarts: None where the server doesn't say.
    """

    server: Server
    state: str
    uptime_s: float | None = None
    model: str | None = None
    engine_restarts: int | None = None


def look(server: Server) -> State:
    """Asks the server."""
    if not server.process.alive:
        return State(server, DEAD)
    said = _ready(server)
    return State(
        server,
        state=str(said.get("status", RUNNING)),
        uptime_s=server.process.uptime_s,
        model=said.get("model"),
        engine_restarts=said.get("engine_deaths"),
    )


def _ready(server: Server) -> dict[str, Any]:
    """The body of /ready; empty where no such thing comes back."""
    try:
        with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
            body = client.get(f"{server.probe_url}/ready").json()
    except (httpx.HTTPError, ValueError):
        return {}
    return body if isinstance(body, dict) else {}
