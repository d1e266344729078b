"""One structural tag for the whole output of a request: the thought and its budget, calls, JSON.

The tag is xgrammar's JSON form; it governs from the first token on (ADR 0002).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from nemotron_runtime.chat.fragments import Mark
from nemotron_runtime.chat.limits import check_schema_size
from nemotron_runtime.chat.schema_check import check_schema
from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.wire.request import ResponseFormat

Format = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MarkIds:
    """Token ids of the marks, and of the tokens that end a turn."""

    think: int
    end_think: int
    call: int
    end_call: int
    end: tuple[int, ...]

    @classmethod
    def of(cls, specials: Mapping[str, int]) -> MarkIds:
        """From a vocabulary's special tokens. Raises KeyError for one that is missing."""
        return cls(
            think=specials[Mark.THINK.value],
            end_think=specials[Mark.END_THINK.value],
            call=specials[Mark.CALL.value],
            end_call=specials[Mark.END_CALL.value],
            end=(specials["<|im_end|>"], specials["</s>"]),
        )


class Function(Protocol):
    """What is asked of a tool."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> Mapping[str, Any] | None: ...  # noqa: D102
    @property
    def strict(self) -> bool | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls that are held to the model's own form."""

    tools: tuple[Function, ...]
    mode: Literal["auto", "required"]
    parallel: bool


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that is held to JSON."""

    kind: Literal["json_object", "json_schema"]
    schema: Mapping[str, Any] | None = None


def response_of(response_format: ResponseFormat | None, schema_bytes: int) -> Response | None:
    """Reads ``response_format``. Raises InvalidRequest for a form that is not available."""
    if response_format is None or response_format.type == "text":
        return None
    if response_format.type == "json_object":
        return Response("json_object")
    if response_format.type != "json_schema":
        raise InvalidRequest(f'response_format.type: "{response_format.type}" is not available here')
    form = response_format.json_schema
    if form is None:
        raise InvalidRequest("response_format.json_schema: Required")
    if form.schema_ is None:
        return Response("json_object")
    path = "response_format.json_schema.schema"
    check_schema_size(form.schema_, schema_bytes, path)
    return Response("json_schema", check_schema(form.schema_, path, strict=form.strict is not False))


def build(
    *, thinking: bool, budget: int | None, calls: Calls | None, response: Response | None, marks: MarkIds
) -> str | None:
    """The tag as JSON text; None where nothing needs holding."""
    if budget is None and calls is None and response is None:
        return None
    if not thinking and calls is None and response is None:
        return None
    answer = _answer(calls, response, marks)
    tag = _thought(budget, calls, answer, marks) if thinking else answer
    return json.dumps({"type": "structural_tag", "format": tag})


def _thought(budget: int | None, calls: Calls | None, answer: Format, marks: MarkIds) -> Format:
    thought = _tokens([marks.think, marks.end_think, marks.call, *marks.end], budget)
    closed = _sequence(_token(marks.end_think), answer)
    if calls is not None:
        opened: Format = _calls(calls, marks)
    else:
        opened = _sequence(_token(marks.call), _tokens(marks.end))
    return _sequence(thought, _or(closed, opened))


def _answer(calls: Calls | None, response: Response | None, marks: MarkIds) -> Format:
    space: Format = {"type": "regex", "pattern": "\\n{0,2}"}
    forms: list[Format] = []
    if response is not None:
        schema = dict(response.schema) if response.schema is not None else {"type": "object"}
        forms.append(_sequence(space, {"type": "json_schema", "json_schema": schema}))
    if calls is not None and calls.mode == "required":
        forms.append(_sequence(space, _calls(calls, marks)))
    if calls is not None and calls.mode == "auto":
        free = _tokens([marks.call, *marks.end])
        forms.append(_or(free, _sequence(free, _calls(calls, marks))))
    return _or(*forms) if forms else _tokens(marks.end)


def _calls(calls: Calls, marks: MarkIds) -> Format:
    one = _or(*(_call(tool, marks) for tool in calls.tools))
    if not calls.parallel:
        return one
    more: Format = {"type": "star", "content": _sequence(_const("\n"), one)}
    return _sequence(one, more)


def _call(tool: Function, marks: MarkIds) -> Format:
    schema = tool.parameters or {}
    required = set(schema.get("required", ()))
    parameters = []
    for name, value in schema.get("properties", {}).items():
        form = _sequence(_const(f"<parameter={name}>\n"), _value(value, schema), _const("\n</parameter>\n"))
        parameters.append(form if name in required else {"type": "optional", "content": form})
    head = _const(f"\n<function={tool.name}>\n")
    return _sequence(_token(marks.call), head, *parameters, _const("</function>\n"), _token(marks.end_call))


def _value(schema: Any, root: Mapping[str, Any]) -> Format:
    if isinstance(schema, Mapping) and "enum" in schema:
        words = [v if isinstance(v, str) else json.dumps(v) for v in schema["enum"]]
        return _or(*map(_const, words))
    if not isinstance(schema, Mapping) or schema.get("type", "string") == "string":
        return {"type": "any_text", "excludes": ["\n</parameter>"]}
    held = {**schema, **{k: root[k] for k in ("$defs", "definitions") if k in root}}
    return {"type": "json_schema", "json_schema": held}


def _tokens(exclude: Sequence[int], limit: int | None = None) -> Format:
    return {"type": "any_tokens", "exclude_tokens": list(exclude), "max_tokens": limit}


def _token(token: int) -> Format:
    return {"type": "token", "token": token}


def _const(text: str) -> Format:
    return {"type": "const_string", "value": text}


def _sequence(*parts: Format) -> Format:
    return parts[0] if len(parts) == 1 else {"type": "sequence", "elements": list(parts)}


def _or(*forms: Format) -> Format:
    return forms[0] if len(forms) == 1 else {"type": "or", "elements": list(forms)}
