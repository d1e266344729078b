"""JSON schemas before the engine sees them: what a grammar can't hold is named, not passed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from nemotron_runtime.chat.constraint.node import Document
from nemotron_runtime.chat.constraint.reader import read_document, read_parameters


class Function(Protocol):
    """What is asked of a tool."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> Mapping[str, Any] | None: ...  # noqa: D102
    @property
    def strict(self) -> bool | None: ...  # noqa: D102


def check_schema(schema: Mapping[str, Any], path: str, *, strict: bool) -> Document:
    """What the grammar holds of an answer's schema.

    Raises:
        InvalidRequest: ``<path>.<keyword>: <why>``, for a strict schema that can't be held as it is, and for
            any that is too big.
    """
    return read_document(schema, path, strict=strict)


def check_tool(function: Function, path: str) -> None:
    """Whether a strict tool can be held.

    Raises:
        InvalidRequest: as :func:`check_schema` does.
    """
    if function.strict:
        parameters_of(function, path)


def parameters_of(function: Function, path: str) -> Document:
    """What the grammar holds of a tool's parameters: all of them, and nothing else, if the tool is strict.

    Raises:
        InvalidRequest: as :func:`check_schema` does.
    """
    return read_parameters(function.parameters, path, strict=function.strict is True)
