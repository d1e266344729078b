"""Tools and formats of the tests. All properties are required, and no others allowed."""

from __future__ import annotations

from typing import Any


def function(name: str, what: str = "", /, **properties: Any) -> dict[str, Any]:
    """A tool, and what it does."""
    definition = {"name": name, "description": what or f"Does {name}.", "parameters": _object(properties)}
    return {"type": "function", "function": definition}


def json_format(name: str, /, **properties: Any) -> dict[str, Any]:
    """A strict response format."""
    schema = {"name": name, "strict": True, "schema": _object(properties)}
    return {"type": "json_schema", "json_schema": schema}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


WEATHER = function("get_weather", "Get the current weather in a city", city={"type": "string"})
CITY_FORMAT = json_format(
    "city",
    name={"type": "string"},
    large={"type": "boolean"},
    districts={"type": "array", "items": {"type": "integer"}},
)
