"""From a request to everything that is known before the first token. Pure."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nemotron_runtime.engine.base import Sampling
from nemotron_runtime.models.spec import FREE, Prices

_ALPHANUMERIC = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class GenerationPlan:
    """One chat generation, decided.

    Attributes:
        prompt_token_ids: The rendered conversation.
        thinking: The prompt ends inside an open thought.
        hide_reasoning: Thoughts are generated and counted but not sent.
        tools: Parameter schemas by name; None where ``<tool_call>`` is no mark.
        stop: Strings that end the answer; they apply to nothing else.
        max_calls: Calls after which generation ends.
        model: The slug in the answer.
        requested_model: The slug in the request, as it was sent.
        echo: What ``debug.echo_upstream_body`` shows.
        prices: Of the model in the answer.
    """

    prompt_token_ids: tuple[int, ...]
    sampling: Sampling
    thinking: bool
    model: str
    requested_model: str
    hide_reasoning: bool = False
    tools: Mapping[str, Mapping[str, Any] | None] | None = None
    stop: tuple[str, ...] = ()
    max_calls: int | None = None
    stream: bool = False
    service_tier: str | None = None
    echo: Mapping[str, Any] | None = None
    prices: Prices = FREE


def new_generation_id(created_s: int) -> str:
    """``gen-<unix seconds>-<20 alphanumerics>``."""
    return f"gen-{created_s}-{_random(20)}"


def new_call_id() -> str:
    """``call_<24 alphanumerics>``."""
    return f"call_{_random(24)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))
