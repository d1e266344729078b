"""The one place where errors become HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from nemotron_runtime.chat.encode import error_body
from nemotron_runtime.errors import ClientError, ModelNotFound, RuntimeFault

log = structlog.get_logger()


class MethodNotAllowed(ClientError):
    """The route exists, for another method."""

    status = 405


def fault_response(fault: RuntimeFault, headers: Mapping[str, str] | None = None) -> Response:
    """``{"error": {"message", "code", "metadata"}}`` with the fault's status, and its headers."""
    extra = {**(headers or {}), **fault.metadata.get("headers", {})}
    if fault.retry_after_s is not None:
        extra["Retry-After"] = str(fault.retry_after_s)
    body = orjson.dumps({"error": error_body(fault)})
    return Response(body, status_code=fault.status, headers=extra, media_type="application/json")


def install(app: FastAPI) -> None:
    """Every error of every route leaves in the contract's envelope."""

    async def on_fault(request: Request, error: Exception) -> Response:
        assert isinstance(error, RuntimeFault)
        return fault_response(error)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        fault: RuntimeFault
        if error.status_code == 405:
            fault = MethodNotAllowed(f"{request.method} is not allowed here")
        elif error.status_code == 404:
            fault = ModelNotFound(f"No route for {request.method} {request.url.path}")
        else:
            fault = RuntimeFault(str(error.detail))
        return fault_response(fault, error.headers)

    async def on_bug(request: Request, error: Exception) -> Response:
        log.error("unexpected error", path=request.url.path, exc_info=error)
        return fault_response(internal_error())

    app.add_exception_handler(RuntimeFault, on_fault)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_bug)


def internal_error() -> RuntimeFault:
    """A bug of ours: the client learns nothing but that."""
    return RuntimeFault("Internal Server Error")


_SHOWN_CHARACTERS = 80
"""Of a key that a client chose."""

_JSON_NAMES = {str: "string", bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}
_EXPECTED = {
    "string_type": "string",
    "bool_type": "boolean",
    "int_type": "integer",
    "number_type": "number",
    "list_type": "array",
    "dict_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
    "dict_attributes_type": "object",
}

Path = tuple[str | int, ...]


def validation_message(errors: Sequence[Any], body: Any) -> str:
    """``<path>: <what is expected>`` for the first of pydantic's errors, in the hosted endpoint's style."""
    located = [(_path(error["loc"], body, error["type"]), error) for error in errors]
    path, branches = _most_telling(located)
    shown = ".".join(str(step)[:_SHOWN_CHARACTERS] for step in path)
    return f"{shown}: {_expectation(branches)}" if path else _expectation(branches)


def _most_telling(located: Sequence[tuple[Path, Any]]) -> tuple[Path, list[Any]]:
    """A union reports each of its branches: what counts is the one that got furthest."""
    first = located[0][0]
    field = [(path, error) for path, error in located if path[: len(first)] == first]
    deepest = max((path for path, _ in field), key=len)
    branches = [error for path, error in field if path == deepest]
    fitting = [error for error in branches if error["type"] not in _EXPECTED]
    return deepest, fitting[:1] or branches


def _path(location: Sequence[str | int], body: Any, kind: str) -> Path:
    """Keys and indices of the body; the names that pydantic adds for unions are left out."""
    parts: list[str | int] = []
    here = body
    for position, step in enumerate(location):
        inside = (
            step in here if isinstance(here, dict) else isinstance(here, list) and step in range(len(here))
        )
        if inside:
            here = here[step]
        elif not (kind == "missing" and position == len(location) - 1):
            continue
        parts.append(step)
    return (*parts, "role") if kind == "role" else tuple(parts)


def _expectation(branches: Sequence[Any]) -> str:
    error = branches[0]
    kind, context = error["type"], error.get("ctx", {})
    if kind in _EXPECTED:
        expected = " or ".join(dict.fromkeys(_EXPECTED[branch["type"]] for branch in branches))
        received = _JSON_NAMES.get(type(error["input"]), "null")
        return f"Invalid input: expected {expected}, received {received}"
    match kind:
        case "missing":
            return "Required"
        case "literal_error":
            options = str(context["expected"]).replace("'", '"').replace(", ", "|").replace(" or ", "|")
            return f"Invalid option: expected one of {options}"
        case "greater_than_equal":
            return f"Too small: expected number to be >={context['ge']}"
        case "greater_than":
            return f"Too small: expected number to be >{context['gt']}"
        case "less_than_equal":
            return f"Too big: expected number to be <={context['le']}"
        case "less_than":
            return f"Too big: expected number to be <{context['lt']}"
        case "too_long":
            what, unit = ("array", "items") if context["field_type"] == "List" else ("object", "keys")
            return f"Too big: expected {what} to have <={context['max_length']} {unit}"
        case "too_short":
            return f"Too small: expected array to have >={context['min_length']} items"
        case "string_too_long":
            return f"Too big: expected string to have <={context['max_length']} characters"
        case "string_too_short":
            return f"Too small: expected string to have >={context['min_length']} characters"
        case "string_pattern_mismatch":
            return f"Invalid string: must match pattern {context['pattern']}"
        case "extra_forbidden":
            return "Unrecognized key"
    return str(error["msg"]).removeprefix("Value error, ")
