"""What becomes of a schema that can't be held as it is: an error that names the place, or less is held."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from nemotron_runtime.errors import InvalidRequest

T = TypeVar("T")

MOST_PARTS = 2_000
DEEPEST = 32
MOST_LITERALS = 2_000
MOST_LITERAL_CHARACTERS = 100_000
MOST_ITEMS = 10_000
LONGEST_TEXT = 1_000_000
LONGEST_LEAST = 128  # characters of minLength
MOST_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a schema the reader is.

    Attributes:
        argument: The value of a parameter, which stands outside of JSON.
    """

    path: str
    depth: int = 0
    argument: bool = False

    def at(self, *steps: str | int, argument: bool = False) -> Place:
        """A place below."""
        path = ".".join((self.path, *map(str, steps)))
        return Place(path, self.depth + 1, argument)

    def again(self, *steps: str | int) -> Place:
        """A place below that describes the same value."""
        return replace(self.at(*steps), argument=self.argument)


class Report:
    """Says what can't be held, or nothing where that need not be.

    Args:
        strict: The schema is to be held as it is, or refused.
    """

    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self._parts = self._literals = self._characters = 0

    def unheld(self, place: Place, keyword: str, why: str) -> None:
        """A keyword goes beyond what can be held."""
        if self.strict:
            raise InvalidRequest(f"{place.path}.{keyword}: {why}; remove it or set strict to false")

    def wrong(self, place: Place, why: str) -> None:
        """The schema is no JSON schema, or nothing satisfies it."""
        if self.strict:
            raise InvalidRequest(f"{place.path}: {why}")

    def given(self, schema: Mapping[str, Any], keyword: str, kind: type[T], place: Place) -> T | None:
        """The value of a keyword; None where it is absent, or not of the kind that it must have."""
        if keyword not in schema:
            return None
        value = schema[keyword]
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return value
        if kind is int and isinstance(value, float) and value.is_integer():
            return kind(value)  # type: ignore[call-arg]
        self.wrong(place.at(keyword), f"Invalid input: expected {_KINDS[kind]}")
        return None

    def count_part(self, place: Place) -> None:
        """One more subschema. Raises InvalidRequest past the bounds, strict or not."""
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise InvalidRequest(f"{_top(place)}: Too big: at most {MOST_PARTS} subschemas can be held")
        if place.depth > DEEPEST:
            raise InvalidRequest(
                f"{_top(place)}: Too deep: at most {DEEPEST} levels of subschemas can be held"
            )

    def literals(self, values: list[Any], place: Place) -> list[tuple[Any, str]]:
        """Values with their JSON text. Raises InvalidRequest past the bounds, strict or not."""
        texts = []
        for value in values:
            text = json_text(value)
            if text is None:
                self.wrong(place, "Invalid input: a value that JSON can't hold")
            else:
                texts.append((value, text))
        self._literals += len(texts)
        self._characters += sum(len(text) for _, text in texts)
        if self._literals > MOST_LITERALS or self._characters > MOST_LITERAL_CHARACTERS:
            raise InvalidRequest(
                f"{_top(place)}: Too big: at most {MOST_LITERALS} values of enum and const, of"
                f" {MOST_LITERAL_CHARACTERS} characters together, can be held"
            )
        return texts


def json_text(value: Any) -> str | None:
    """JSON as UTF-8 can carry it; None where it can't."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return None
    return text


def _top(place: Place) -> str:
    return place.path if len(place.path) < 200 else f"{place.path[:200]}..."


_KINDS: Mapping[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    list: "an array",
    dict: "an object",
}
