"""Grammars of schemas, and what is said of those that are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from nemotron_runtime.chat.grammar import Response, build
from nemotron_runtime.chat.schema_check import check_schema, check_tool
from nemotron_runtime.errors import InvalidRequest
from support.grammars import MARKS

PATH = "response_format.json_schema.schema"
REMEDY = "; remove it or set strict to false"


@dataclass(frozen=True)
class Tool:
    parameters: Any
    strict: bool | None = True
    name: str = "f"


def tag(schema: Any, *, strict: bool) -> str | None:
    response = Response(check_schema(schema, PATH, strict=strict))
    return build(thinking=False, budget=None, calls=None, response=response, marks=MARKS)


def refusal(schema: Any) -> str:
    with pytest.raises(InvalidRequest) as caught:
        check_schema(schema, PATH, strict=True)
    return caught.value.message


def tool_refusal(parameters: Any) -> str:
    with pytest.raises(InvalidRequest) as caught:
        check_tool(Tool(parameters), "tools.0.function.parameters")
    return caught.value.message


def below(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


S, N = {"type": "string"}, {"type": "integer"}
