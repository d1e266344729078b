"""Plans for requests to a model of known limits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from nemotron_runtime.chat.grammar import MarkIds
from nemotron_runtime.chat.limits import Limits
from nemotron_runtime.chat.plan import GenerationPlan
from nemotron_runtime.chat.planner import Planner
from nemotron_runtime.chat.template import ChatTemplate, shipped_template
from nemotron_runtime.errors import ClientError
from nemotron_runtime.models.served import Served
from nemotron_runtime.models.spec import ModelSpec, Prices, SamplingDefaults
from nemotron_runtime.wire.request import ChatRequest
from support.vocabulary import demo_tokens

TOKENS = demo_tokens()
MARKS = MarkIds.of(TOKENS.specials)
TEMPLATE = ChatTemplate(shipped_template(), TOKENS.specials)
CONTEXT = 2000
SPEC = ModelSpec(
    slug="author/name",
    name="Name",
    description="",
    created=0,
    context_tokens=CONTEXT,
    thinking_allowance_tokens=400,
    quantization="bf16",
    default_max_tokens=300,
    max_completion_tokens=1500,
    serves=("other/alias",),
    prices=Prices(Decimal("0.1"), Decimal("0.2")),
    sampling=SamplingDefaults(temperature=0.6, top_p=0.9, top_k=40, min_p=0.05),
)
USER = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
OTHER = {"type": "function", "function": {"name": "g"}}
CALL = 14


def planner(limits: Limits | None = None, context: int = CONTEXT, **spec: Any) -> Planner:
    served = Served(replace(SPEC, **spec), context_tokens=context, quantization="bf16")
    return Planner(served, TOKENS, TEMPLATE, MARKS, limits or Limits())


def plan(by: Planner | None = None, **fields: Any) -> GenerationPlan:
    request = ChatRequest.model_validate({"messages": [USER], **fields})
    return (by or planner()).plan(request)[0]


def refusal(by: Planner | None = None, **fields: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        plan(by, **fields)
    return caught.value


def text(ids: tuple[int, ...]) -> str:
    return b"".join(map(TOKENS.bytes_of, ids)).decode()


def budgets(value: Any) -> list[int]:
    """All token limits in a structural tag."""
    if isinstance(value, list):
        return [found for item in value for found in budgets(item)]
    if not isinstance(value, dict):
        return []
    own = [value["max_tokens"]] if value.get("max_tokens") is not None else []
    return own + budgets(list(value.values()))


PROMPT_TOKENS = len(plan().prompt_token_ids)
ROOM = CONTEXT - PROMPT_TOKENS
