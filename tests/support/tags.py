"""Structural tags of whole outputs, and the pieces of such outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nemotron_runtime.chat.grammar import Calls, Response, build
from nemotron_runtime.chat.schema_check import check_schema
from support.grammars import CALL, END_CALL, MARKS

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CITY_TEXT = "<parameter=city>\nOslo\n</parameter>\n"
NO_BUDGET = None


@dataclass(frozen=True)
class Tool:
    name: str = "f"
    parameters: Mapping[str, Any] | None = None
    strict: bool | None = True


def tag(
    *,
    thinking: bool = False,
    budget: int | None = None,
    calls: Calls | None = None,
    response: Response | None = None,
) -> str | None:
    return build(thinking=thinking, budget=budget, calls=calls, response=response, marks=MARKS)


def required(*tools: Tool, parallel: bool = True) -> Calls:
    return Calls(tools, "required", parallel)


def auto(*tools: Tool, parallel: bool = True, held: bool = True) -> Calls:
    return Calls(tools, "auto", parallel, held)


def holding(properties: Mapping[str, Any], *needed: str, **more: Any) -> str | None:
    schema = {"type": "object", "properties": properties, "required": list(needed), **more}
    return tag(calls=required(Tool(parameters=schema)))


def answer(schema: Any, *, strict: bool = True) -> Response:
    return Response(check_schema(schema, "schema", strict=strict))


def call(parameters: str = "", name: str = "f") -> tuple[str | int, ...]:
    return (CALL, f"\n<function={name}>\n{parameters}</function>\n", END_CALL)


def parameter(name: str, value: str) -> str:
    return f"<parameter={name}>\n{value}\n</parameter>\n"
