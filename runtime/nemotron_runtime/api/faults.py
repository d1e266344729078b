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
    """``{"error": {"message", "code", "metadata"}}`` with the fault's status."""
    extra = dict(headers or {})
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


def validation_message(errors: Sequence[Any], body: Any) -> str:
    """``<path>: <what is expected>`` for the first of pydantic's errors, in the hosted endpoint's style."""
    error = errors[0]
    path = _path(error["loc"], body, missing=error["type"] == "missing")
    return f"{path}: {_expectation(error)}" if path else _expectation(error)


def _path(location: Sequence[str | int], body: Any, *, missing: bool) -> str:
    """Keys and indices of the body; the names that pydantic adds for unions are left out."""
    parts: list[str] = []
    here = body
    for position, step in enumerate(location):
        inside = (
            step in here if isinstance(here, dict) else isinstance(here, list) and step in range(len(here))
        )
        if inside:
            here = here[step]
        elif not (missing and position == len(location) - 1):
            continue
        parts.append(str(step))
    return ".".join(parts)


_JSON_NAMES = {str: "string", bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}
_EXPECTED = {
    "string_type": "string",
    "bool_type": "boolean",
    "int_type": "integer",
    "list_type": "array",
    "dict_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
    "dict_attributes_type": "object",
}


def _expectation(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _EXPECTED:
        received = _JSON_NAMES.get(type(error["input"]), "null")
        return f"Invalid input: expected {_EXPECTED[kind]}, received {received}"
    match kind:
        case "missing":
            return "Required"
        case "literal_error":
            options = str(context["expected"]).replace("'", '"').replace(", ", "|").replace(" or ", "|")
            return f"Invalid option: expected one of {options}"
        case "greater_than_equal" | "greater_than":
            sign, bound = (">=", context.get("ge")) if "ge" in context else (">", context.get("gt"))
            return f"Too small: expected number to be {sign}{bound:g}"
        case "less_than_equal" | "less_than":
            sign, bound = ("<=", context.get("le")) if "le" in context else ("<", context.get("lt"))
            return f"Too big: expected number to be {sign}{bound:g}"
        case "too_long":
            return f"Too big: expected array to have <={context['max_length']} items"
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
