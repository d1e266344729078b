"""Two schemas that hold at once, as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

CONSTRAINTS = frozenset(
    (
        *("$ref", "$dynamicRef", "$recursiveRef", "type", "enum", "const"),
        *("allOf", "anyOf", "oneOf", "not", "if", "then", "else"),
        *("minLength", "maxLength", "pattern", "format"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *(
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "uniqueItems",
            "contains",
            "minContains",
            "maxContains",
        ),
        *("unevaluatedItems", "properties", "required", "additionalProperties", "patternProperties"),
        *("propertyNames", "minProperties", "maxProperties", "unevaluatedProperties"),
        *("dependentRequired", "dependentSchemas", "dependencies"),
    )
)
"""Keywords that say something about values; all others are notes."""

_LARGER = {"minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties"}
_SMALLER = {"maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties"}


class Clash(Exception):
    """Both schemas have this keyword, and one schema can't say what they say together."""

    def __init__(self, keyword: str) -> None:
        super().__init__(keyword)
        self.keyword = keyword


def constraints(schema: Schema) -> dict[str, Any]:
    """The schema without its notes."""
    return {key: value for key, value in schema.items() if key in CONSTRAINTS}


def both(one: Schema, other: Schema) -> dict[str, Any]:
    """What satisfies both. Raises Clash."""
    for left, right in ((one, other), (other, one)):
        _check_closed(left, right)
    merged = dict(one)
    for key, value in other.items():
        merged[key] = value if key not in one or one[key] == value else _joined(key, one[key], value)
    return merged


def _check_closed(closed: Schema, other: Schema) -> None:
    """``additionalProperties`` speaks of the properties beside it only."""
    if "additionalProperties" not in closed:
        return
    known, more = closed.get("properties"), other.get("properties")
    if not isinstance(more, Mapping):
        return
    if not isinstance(known, Mapping) or not more.keys() <= known.keys():
        raise Clash("additionalProperties")


def _joined(key: str, one: Any, other: Any) -> Any:
    try:
        if key == "required":
            return list(dict.fromkeys([*one, *other]))
        if key == "properties":
            shared = {name: {"allOf": [one[name], other[name]]} for name in one if name in other}
            return {**one, **other, **shared}
        if key == "type":
            return _types(one, other)
        if key in _LARGER:
            return max(one, other)
        if key in _SMALLER:
            return min(one, other)
    except TypeError as error:  # not what the keyword must be: found where it is read
        raise Clash(key) from error
    raise Clash(key)


def _types(one: Any, other: Any) -> list[str]:
    left, right = ([kinds] if isinstance(kinds, str) else kinds for kinds in (one, other))
    shared = [kind for kind in left if kind in right]
    if any("integer" in a and "number" in b for a, b in ((left, right), (right, left))):
        shared.append("integer")
    if not shared:
        raise Clash("type")
    return list(dict.fromkeys(shared))
