"""Arguments of earlier calls, as clients send them: JSON text, whole, cut or broken."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

RAW = "arguments"
"""The parameter under which arguments are shown that are no object."""

_DECODER = json.JSONDecoder(strict=False)


def arguments_of(value: str | dict[str, Any] | None) -> dict[str, Any]:
    """Reads the arguments of a call so that it can always be rendered again.

    Cut JSON counts as far as it goes: complete pairs, and the beginning of a cut string. What is no
    object, or no JSON at all, becomes the value of a parameter called ``arguments``; nothing of it is lost.
    """
    if not isinstance(value, str):
        return value or {}
    text = value.strip()
    if not text:
        return {}
    try:
        arguments, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        arguments = _beginning(value)
    else:
        arguments = value if text[end:] else arguments
    if arguments is None:
        return {}
    return arguments if isinstance(arguments, dict) else {RAW: arguments}


def _beginning(text: str) -> Any:
    """Reads what is there of an object that was cut; any other text is returned as it is."""
    try:
        value = from_json(text, allow_partial="trailing-strings")
    except (ValueError, TypeError):  # TypeError: half a surrogate pair
        return text
    return value if isinstance(value, dict) else text
