"""What a tool's JSON schema says about one parameter, as far as reading it from text needs.

A schema is a client's: it may be wrong, odd or cyclic. What it doesn't say reads as "string".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any
from urllib.parse import unquote

_DEEPEST = 32
_NO_KINDS: frozenset[str] = frozenset()
_STRING = frozenset({"string"})
# "number" admits integers. The names on the left in lower case, beyond JSON schema's own, are Python's.
_KINDS: Mapping[str, frozenset[str]] = {
    "null": frozenset({"null"}),
    "boolean": frozenset({"boolean"}),
    "integer": frozenset({"integer"}),
    "number": frozenset({"integer", "number"}),
    "object": frozenset({"object"}),
    "array": frozenset({"array"}),
    "string": _STRING,
    "none": frozenset({"null"}),
    "bool": frozenset({"boolean"}),
    "int": frozenset({"integer"}),
    "float": frozenset({"integer", "number"}),
    "dict": frozenset({"object"}),
    "list": frozenset({"array"}),
    "tuple": frozenset({"array"}),
    "str": _STRING,
}
_IMPLIED = {"properties": "object", "items": "array", "prefixItems": "array"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value may be.

    Attributes:
        kinds: JSON type names; ``number`` comes with ``integer``. Empty: the schema doesn't say.
        members: Values named by ``enum`` and ``const``, in the schema's order.
    """

    kinds: frozenset[str] = _NO_KINDS
    members: tuple[Any, ...] = ()


TEXT = Shape(_STRING)


class Parameters:
    """The parameters schema of one tool, asked by parameter name.

    Args:
        schema: The whole schema, so that ``$ref`` finds its target. None: nothing is declared.
    """

    def __init__(self, schema: Mapping[str, Any] | None) -> None:
        self._schema = schema if isinstance(schema, Mapping) else {}

    @cached_property
    def names(self) -> frozenset[str]:
        """Declared parameters."""
        return frozenset(self._declared)

    def shape(self, name: str) -> Shape:
        """What parameter ``name`` may be. One that isn't declared: ``additionalProperties``, else text."""
        schemas = self._declared.get(name) or [self._schema.get("additionalProperties")]
        shape = self._reader.any_of(schemas)
        return shape if shape.kinds else Shape(_STRING, shape.members)

    @cached_property
    def _reader(self) -> _Reader:
        return _Reader(self._schema)

    @cached_property
    def _declared(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for part in self._reader.parts(self._schema):
            properties = part.get("properties")
            for name, schema in properties.items() if isinstance(properties, Mapping) else ():
                found.setdefault(name, []).append(schema)
        return found


class _Reader:
    """Reads schemas below one root. Each reference is followed once, so cycles and fans end.

    Below ``_DEEPEST`` a schema says nothing: chains of references have no other bound.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._read: dict[str, Shape] = {}
        self._depth = 0

    def shape(self, schema: Any) -> Shape:
        if not isinstance(schema, Mapping) or self._depth == _DEEPEST:
            return Shape()
        self._depth += 1
        shape = self._combined(schema)
        self._depth -= 1
        return shape

    def _combined(self, schema: Mapping[str, Any]) -> Shape:
        parts = [_own(schema), *(self.shape(part) for part in _listed(schema, "allOf"))]
        parts += [self.any_of(_listed(schema, key)) for key in ("anyOf", "oneOf")]
        if isinstance(reference := schema.get("$ref"), str):
            parts.append(self._referenced(reference))
        shape = reduce(_both, parts)
        if schema.get("nullable") is True and shape.kinds:
            return Shape(shape.kinds | {"null"}, shape.members)
        return shape

    def any_of(self, schemas: Iterable[Any]) -> Shape:
        shapes = [self.shape(schema) for schema in schemas]
        members = tuple(member for shape in shapes for member in shape.members)
        if not any(shape.kinds for shape in shapes):
            return Shape(members=members)
        return Shape(frozenset().union(*(shape.kinds or _STRING for shape in shapes)), members)

    def parts(self, schema: Any) -> list[Mapping[str, Any]]:
        """``schema`` and all that it combines, each once."""
        found: dict[int, Mapping[str, Any]] = {}
        todo = [schema]
        while todo:
            part = todo.pop()
            if not isinstance(part, Mapping) or id(part) in found:
                continue
            found[id(part)] = part
            todo += [sub for key in ("oneOf", "anyOf", "allOf") for sub in _listed(part, key)]
            if isinstance(reference := part.get("$ref"), str):
                todo.append(self._target(reference))
        return list(found.values())

    def _referenced(self, reference: str) -> Shape:
        if reference not in self._read:
            self._read[reference] = Shape()  # stands in while the reference is read: a cycle says nothing
            self._read[reference] = self.shape(self._target(reference))
        return self._read[reference]

    def _target(self, reference: str) -> Any:
        """Follows a JSON pointer (RFC 6901) into the root; None where it leads nowhere."""
        target: Any = self._root
        pointer = unquote(reference)
        if not pointer.startswith("#"):
            return None
        for step in pointer[1:].split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, Mapping) else None
        return target


def _own(schema: Mapping[str, Any]) -> Shape:
    """What the schema says by itself, without what it combines."""
    members = tuple(_listed(schema, "enum"))
    if "const" in schema:
        members += (schema["const"],)
    named = schema.get("type")
    names = named if isinstance(named, list) else [named]
    kinds = _NO_KINDS.union(*(_KINDS.get(name.lower(), _NO_KINDS) for name in names if isinstance(name, str)))
    kinds = kinds or frozenset(_kind(member) for member in members)
    return Shape(kinds or frozenset(kind for key, kind in _IMPLIED.items() if key in schema), members)


def _both(one: Shape, other: Shape) -> Shape:
    """What satisfies both; where nothing would, what satisfies either."""
    return Shape(one.kinds & other.kinds or one.kinds | other.kinds, one.members + other.members)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, Mapping) else "array"


def _listed(schema: Mapping[str, Any], key: str) -> list[Any]:
    value = schema.get(key)
    return value if isinstance(value, list) else []
