"""What a server says of itself, before anything is measured."""

from __future__ import annotations

import ipaddress
from typing import Any

import httpx
import orjson

from nemotron_bench.http1 import Origin

MAX_BODY_BYTES = 1 << 20
_TIMEOUT_S = 30.0


class NoServer(Exception):
    """It can't be reached."""


class BadServer(Exception):
    """It answers, but not as it should."""


def find_model(base_url: str, key: str | None) -> str:
    """The first model that ``/models`` lists.

    Raises:
        BadUrl: the URL can't be used.
        NoServer: nothing answers.
        BadServer: there is no such list; the model has to be named.
    """
    Origin.parse(base_url)
    status, body = _get(f"{base_url.rstrip('/')}/models", key)
    data = body.get("data") if isinstance(body, dict) else None
    first = data[0] if isinstance(data, list) and data else None
    model = first.get("id") if isinstance(first, dict) else None
    if status != 200 or not isinstance(model, str):
        raise BadServer(
            f"{base_url}/models lists no model (HTTP {status}): check the base URL, or name a model"
        )
    return model


def report(base_url: str, key: str | None) -> dict[str, Any]:
    """``/ready`` and ``/version`` of its root, as far as it has them. JSON.

    Our server tells its engine and kernels so, vLLM its version; others nothing.
    """
    root = base_url.rstrip("/").removesuffix("/v1").removesuffix("/api")
    found: dict[str, Any] = {"base_url": base_url, "local": is_local(base_url)}
    for path in ("ready", "version"):
        try:
            status, body = _get(f"{root}/{path}", key)
        except NoServer:
            continue
        if status == 200 and isinstance(body, dict):
            found[path] = body
    return found


def is_local(base_url: str) -> bool:
    """Whether the server is on this machine, by its address."""
    host = Origin.parse(base_url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _get(url: str, key: str | None) -> tuple[int, Any]:
    """Status and JSON; None for a body that is none, or too long."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    content = b""
    try:
        with (
            httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > MAX_BODY_BYTES:
                    return answer.status_code, None
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        raise NoServer(f"no server at {url}: {fault}") from fault
    try:
        return answer.status_code, orjson.loads(content)
    except orjson.JSONDecodeError:
        return answer.status_code, None
