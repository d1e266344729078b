"""What a request's tools mean: what the prompt shows, what the parser knows, what a grammar holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nemotron_runtime.chat.grammar import Calls
from nemotron_runtime.chat.limits import check_schema_size
from nemotron_runtime.chat.schema_check import check_tool
from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.wire.request import (
    AllowedToolChoice,
    ChatRequest,
    FunctionDefinition,
    NamedToolChoice,
    Tool,
)


@dataclass(frozen=True, slots=True)
class ToolPlan:
    """Decided tools.

    Attributes:
        rendered: The tools as the chat template takes them.
        schemas: Parameter schemas by name, for the parser; None: a call is no call.
        calls: Calls that may come, and whether a grammar holds them; None: none may.
        max_calls: Calls after which generation ends.
        forbidden: No call may come.
    """

    rendered: tuple[Mapping[str, Any], ...] = ()
    schemas: Mapping[str, Mapping[str, Any] | None] | None = None
    calls: Calls | None = None
    max_calls: int | None = None
    forbidden: bool = False


def tool_plan(request: ChatRequest, schema_bytes: int) -> ToolPlan:
    """Reads ``tools``, ``tool_choice`` and ``parallel_tool_calls``.

    Raises:
        InvalidRequest: a tool is not a function, named twice, or its schema can't be held.
    """
    functions = _functions(request.tools or (), schema_bytes)
    mode, chosen = _choice(request, functions)
    if not functions:
        return ToolPlan()
    rendered = tuple(_rendered(tool) for tool in request.tools or ())
    if mode == "none":
        return ToolPlan(rendered=rendered, forbidden=True)
    one = request.parallel_tool_calls is False or isinstance(request.tool_choice, NamedToolChoice)
    must_hold = mode == "required" or len(chosen) < len(functions) or any(f.strict for f in chosen)
    return ToolPlan(
        rendered=rendered,
        schemas={function.name: function.parameters for function in functions},
        calls=Calls(tools=tuple(chosen), mode=mode, parallel=not one, held=must_hold),
        max_calls=1 if one else None,
    )


def _functions(tools: Sequence[Tool], schema_bytes: int) -> list[FunctionDefinition]:
    functions: list[FunctionDefinition] = []
    names: set[str] = set()
    for index, tool in enumerate(tools):
        path = f"tools.{index}"
        if tool.type != "function":
            raise InvalidRequest(f'{path}.type: "{tool.type[:80]}" is not available here; use "function"')
        if tool.function is None:
            raise InvalidRequest(f"{path}.function: Required")
        if tool.function.name in names:
            raise InvalidRequest(f'{path}.function.name: "{tool.function.name}" is given twice')
        names.add(tool.function.name)
        parameters = tool.function.parameters
        if parameters is not None:
            check_schema_size(parameters, schema_bytes, f"{path}.function.parameters")
        check_tool(tool.function, f"{path}.function.parameters")
        functions.append(tool.function)
    return functions


def _choice(
    request: ChatRequest, functions: list[FunctionDefinition]
) -> tuple[Literal["none", "auto", "required"], list[FunctionDefinition]]:
    choice = request.tool_choice
    if isinstance(choice, NamedToolChoice):
        return "required", _named([choice], functions)
    if isinstance(choice, AllowedToolChoice):
        return choice.allowed_tools.mode, _named(choice.allowed_tools.tools, functions)
    if choice == "required" and not functions:
        raise InvalidRequest('tool_choice: "required" needs at least one tool in "tools"')
    return choice or "auto", functions


def _named(
    choices: Sequence[NamedToolChoice], functions: list[FunctionDefinition]
) -> list[FunctionDefinition]:
    known = {function.name: function for function in functions}
    for choice in choices:
        if choice.function.name not in known:
            raise InvalidRequest(f'tool_choice: "{choice.function.name[:80]}" is not among the tools')
    return [known[choice.function.name] for choice in choices]


def _rendered(tool: Tool) -> Mapping[str, Any]:
    assert tool.function is not None
    function = {
        "name": tool.function.name,
        "description": tool.function.description,
        "parameters": tool.function.parameters,
    }
    return {"type": "function", "function": {k: v for k, v in function.items() if v is not None}}
