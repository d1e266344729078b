"""HTTP to the server, every failure in plain words."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from nemotron_runtime.cli.output import CommandFault, ServerFault, Unreachable
from nemotron_runtime.cli.talk import sse
from nemotron_runtime.settings import is_loopback

_TIMEOUT = httpx.Timeout(30.0, connect=10.0, read=600.0)
_HINTS = {
    401: "pass the server's key with --api-key",
    404: "check --base-url (it ends in /api/v1 or /v1 as a rule) and --model",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A server by its base URL, such as ``http://127.0.0.1:8000/api/v1``.

    Each method raises Unreachable without a server, ServerFault where it answers with an error.
    """

    base_url: str
    api_key: str | None = None

    def models(self) -> Any:
        """The body of ``GET /models``."""
        with self._open("GET", "/models") as response:
            return _body(response)

    def complete(self, request: Mapping[str, Any]) -> Any:
        """The whole answer to a chat request."""
        with self._open("POST", "/chat/completions", request) as response:
            body = _body(response)
        if isinstance(body, dict) and body.get("error"):
            raise _fault(response.status_code, body)
        return body

    def stream(self, request: Mapping[str, Any]) -> Generator[Mapping[str, Any]]:
        """The chunks of the answer to a chat request; closing the iterator ends the generation."""
        with self._open("POST", "/chat/completions", {**request, "stream": True}) as response:
            if not response.headers.get("content-type", "").startswith("text/event-stream"):
                raise ServerFault("the server did not answer with a stream: check --base-url")
            for data in sse.events(response.iter_bytes()):
                chunk = _parse(data)
                if not isinstance(chunk, dict):
                    raise ServerFault("the server sent a chunk that is no JSON object")
                if chunk.get("error"):
                    raise _fault(response.status_code, chunk)
                yield chunk

    @contextmanager
    def _open(self, method: str, path: str, body: Any = None) -> Iterator[httpx.Response]:
        url = self.base_url.rstrip("/") + path
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        through_proxy = not is_loopback(urlsplit(url).hostname or "")
        try:
            with (
                httpx.Client(timeout=_TIMEOUT, trust_env=through_proxy) as client,
                client.stream(method, url, json=body, headers=headers) as response,
            ):
                if not response.is_success:
                    raise _refused(response)
                yield response
        except httpx.ConnectError as fault:
            raise Unreachable(f"no server at {self.base_url}. Start one: nemotron serve") from fault
        except httpx.TimeoutException as fault:
            raise Unreachable(f"{self.base_url} does not answer") from fault
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise Unreachable(f"the connection to {self.base_url} broke: {fault}") from fault


def _body(response: httpx.Response) -> Any:
    return _parse(response.read().decode("utf-8", "replace"))


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as fault:
        raise ServerFault("the server did not answer with JSON: check --base-url") from fault


def _refused(response: httpx.Response) -> CommandFault:
    try:
        body = json.loads(response.read())
    except ValueError:
        body = {}
    fallback = {"error": {"code": response.status_code, "message": response.reason_phrase}}
    fault = _fault(response.status_code, body if isinstance(body, dict) and body else fallback)
    if wait := response.headers.get("retry-after"):
        return ServerFault(f"{fault}: try again in {wait} s", fault.document)
    return fault


def _fault(status: int, body: Mapping[str, Any]) -> CommandFault:
    """The error of an answer or a chunk; other makes of servers put the text elsewhere."""
    error = body.get("error", body)
    details = error if isinstance(error, dict) else {"message": error}
    code = details.get("code") or status
    message = details.get("message") or details.get("detail") or "no reason given"
    hint = _HINTS.get(code) if isinstance(code, int) else None
    return ServerFault(f"{code}: {message}" + (f" ({hint})" if hint else ""), dict(body))
