"""One argument on its way to JSON: streamed where it is text, else read at its end."""

from __future__ import annotations

from nemotron_runtime.chat.coerce import NULLS, escape, to_json
from nemotron_runtime.chat.schema import TEXT, Shape

_TEXT_OR_NULL = Shape(TEXT.kinds | {"null"})


class Argument:
    """Gives the JSON of one value in pieces.

    Text streams at once; where it may also be null, as soon as it can't be that any more.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._held: list[str] | None = None if shape == TEXT else []

    def open(self) -> str:
        """What stands before the value."""
        return '"' if self._held is None else ""

    def push(self, text: str) -> str:
        """Takes the next piece of the value; returns the JSON that is certain."""
        if self._held is None:
            return escape(text)
        self._held.append(text)
        if self._shape != _TEXT_OR_NULL:
            return ""
        so_far = "".join(self._held)
        if any(null.startswith(so_far) for null in NULLS):
            return ""
        self._held = None
        return f'"{escape(so_far)}'

    def close(self) -> str:
        """The value is complete."""
        return '"' if self._held is None else to_json("".join(self._held), self._shape)

    def cut(self) -> str:
        """The output ended inside the value: what is held is shown, and left open."""
        return "" if self._held is None else f'"{escape("".join(self._held))}'
