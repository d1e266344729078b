"""JSON schemas before the engine sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def check_schema(schema: Mapping[str, Any], path: str, *, strict: bool) -> Mapping[str, Any]:
    """The schema that the grammar holds."""
    return schema


def check_tool(function: Any, path: str) -> None:
    """Raises InvalidRequest where a strict tool can't be held."""
