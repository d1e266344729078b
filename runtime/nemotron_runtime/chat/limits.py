"""Bounds on what a request may hold. Each has its own error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.wire.request import ChatRequest


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a thing a request may hold."""

    messages: int = 10_000
    tools: int = 256
    schema_bytes: int = 1 << 20
    logit_bias: int = 1024
    stop_chars: int = 1024

    def check(self, request: ChatRequest) -> None:
        """Raises InvalidRequest for the first bound that is passed."""
        stops = [request.stop] if isinstance(request.stop, str) else request.stop or []
        for path, size, bound, unit in (
            ("messages", len(request.messages), self.messages, "messages"),
            ("tools", len(request.tools or ()), self.tools, "tools"),
            ("logit_bias", len(request.logit_bias or ()), self.logit_bias, "entries"),
            ("stop", max(map(len, stops), default=0), self.stop_chars, "characters"),
        ):
            if size > bound:
                raise InvalidRequest(f"{path}: Too big: at most {bound} {unit} are accepted, received {size}")
        if "" in stops:
            raise InvalidRequest("stop: Too small: a stop sequence must not be empty")


def check_schema_size(schema: Mapping[str, Any], limit: int, path: str) -> None:
    """Raises InvalidRequest where the schema's JSON is longer than ``limit`` bytes."""
    size = len(orjson.dumps(schema))
    if size > limit:
        raise InvalidRequest(
            f"{path}: Too big: at most {limit} bytes of schema are accepted, received {size}"
        )
