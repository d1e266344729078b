"""Reads a JSON schema (draft 2020-12) into what a grammar can hold of it.

A keyword that can't be held is refused by name and place, or, where the schema isn't strict, left out. What
is held may be narrower than the schema, never wider: properties come in order, and an object that lists
properties and doesn't say what else it takes, takes nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from nemotron_runtime.chat.constraint import containers, merge
from nemotron_runtime.chat.constraint.exclusive import disjoint, finite
from nemotron_runtime.chat.constraint.merge import Clash, Schema
from nemotron_runtime.chat.constraint.node import (
    ANYTHING,
    BOOLEAN,
    NOTHING,
    NULL,
    Array,
    Choice,
    Document,
    Literals,
    Node,
    Object,
    Reference,
)
from nemotron_runtime.chat.constraint.report import Place, Report
from nemotron_runtime.chat.constraint.scalars import read_integer, read_number, read_text
from nemotron_runtime.chat.constraint.text import MARKS, TAGS

_NEVER_HELD = ("not", "if", "then", "else", "$dynamicRef", "$recursiveRef")
_IMPLIED = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "object": (
        *("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
        *("minProperties", "maxProperties"),
    ),
}


def read_document(schema: Any, path: str, *, strict: bool) -> Document:
    """Reads the schema of an answer.

    Raises:
        InvalidRequest: it is strict and can't be held, or it is too big.
    """
    reader = Reader(schema, path, strict=strict)
    return reader.document(reader.read(schema, Place(path)) or NOTHING)


def read_parameters(schema: Schema | None, path: str, *, strict: bool) -> Document:
    """Reads the parameters of a tool: an object, or a choice of objects.

    Raises:
        InvalidRequest: it is strict and can't be held, or it is too big.
    """
    if schema is None:
        return Document(Object())
    reader = Reader(schema, path, strict=strict)
    return reader.document(reader.parameters(schema, Place(path)))


def _is(value: Any, kind: str) -> bool:
    """Whether a JSON value is of a type."""
    match value:
        case None:
            return kind == "null"
        case bool():
            return kind == "boolean"
        case int():
            return kind in ("integer", "number")
        case float():
            return kind == "number" or (kind == "integer" and value.is_integer())
        case str():
            return kind == "string"
        case list():
            return kind == "array"
    return kind == "object"


class Reader:
    """Reads one schema; references are looked up in it."""

    def __init__(self, root: Any, path: str, *, strict: bool) -> None:
        self.report = Report(strict=strict)
        self._root, self._top = root, Place(path)
        self._definitions: dict[str, Node] = {}
        self._exclusive: list[tuple[Place, list[Node]]] = []

    def document(self, root: Node) -> Document:
        """What was read, checked as a whole."""
        document = Document(root, self._definitions)
        if not finite(document):
            self.report.wrong(self._top, "nothing can satisfy this schema")
            document = Document(ANYTHING)
        for place, branches in self._exclusive:
            if not disjoint(branches, document):
                self.report.unheld(
                    place, "oneOf", "not supported where two branches may admit the same value"
                )
        return document

    def read(self, schema: Any, place: Place) -> Node | None:
        """One subschema; None where nothing can satisfy it."""
        if schema is False:
            return None
        if schema is True:
            return ANYTHING
        flat = self.flat(schema, place)
        if flat.keys() == {"$ref"}:
            return self._reference(flat["$ref"], place)
        for keyword in _NEVER_HELD:
            if keyword in flat:
                self.report.unheld(place, keyword, "not supported")
        if "enum" in flat or "const" in flat:
            return self._literals(flat, place)
        for keyword in ("anyOf", "oneOf"):
            if keyword in flat:
                return self._choice(flat, keyword, place)
        return self._typed(flat, place)

    def flat(self, schema: Any, place: Place) -> dict[str, Any]:
        """The schema without notes and ``allOf``. A lone ``$ref`` stays; others become their target."""
        self.report.count_part(place)
        if not isinstance(schema, Mapping):
            self.report.wrong(place, "Invalid input: expected a schema")
            return {}
        own = merge.constraints(schema)
        parts = [(part, place.again("allOf", i)) for i, part in enumerate(self._list(own, "allOf", place))]
        own.pop("allOf", None)
        if "$ref" in own and (parts or len(own) > 1):
            parts.append(({"$ref": own.pop("$ref")}, place))
        if not own and len(parts) == 1:
            return self.flat(*parts[0]) if parts[0][0] is not True else {}
        for part, there in parts:
            own = self._both(own, part, there)
        return own

    def _both(self, one: dict[str, Any], part: Any, place: Place) -> dict[str, Any]:
        """``one`` and another schema as well."""
        if part is True:
            return one
        other = self.flat(part, place)
        while other.keys() == {"$ref"}:
            place = place.again()
            other = self.flat(self.target(other["$ref"], place), place)
        try:
            return merge.both(one, other)
        except Clash as clash:
            self.report.unheld(place, clash.keyword, "not supported: what this says elsewhere differs")
            return one

    # References

    def target(self, pointer: Any, place: Place) -> Any:
        """What a reference names."""
        target = self._root
        if not isinstance(pointer, str) or not (pointer == "#" or pointer.startswith("#/")):
            self.report.unheld(place, "$ref", 'only "#" and "#/..." are supported')
            return {}
        for step in unquote(pointer)[1:].split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if isinstance(target, list) and key.isdecimal() and int(key) < len(target):
                target = target[int(key)]
            elif isinstance(target, Mapping) and key in target:
                target = target[key]
            else:
                self.report.wrong(place.at("$ref"), f'"{pointer[:80]}" leads nowhere')
                return {}
        return target

    def _reference(self, pointer: Any, place: Place) -> Node | None:
        target = self.target(pointer, place)
        if place.argument or not isinstance(pointer, str):  # outside of JSON a value can't refer to itself
            return self.read(target, place.again())
        if pointer not in self._definitions:
            self._definitions[pointer] = Reference(pointer)  # stands in while it is read
            node = self.read(target, place.again())
            self._definitions[pointer] = NOTHING if node is None else node
        return Reference(pointer)

    # Combinations

    def _choice(self, flat: dict[str, Any], keyword: str, place: Place) -> Node | None:
        base = {key: value for key, value in flat.items() if key != keyword}
        branches: list[Node] = []
        for i, part in enumerate(self._list(flat, keyword, place)):
            there = place.again(keyword, i)
            node = self.read(self._both(base, part, there) if base and part is not False else part, there)
            if node is not None:
                branches.append(node)
        if keyword == "oneOf" and len(branches) > 1:
            self._exclusive.append((place, branches))
        return either(branches)

    def _list(self, schema: Mapping[str, Any], keyword: str, place: Place) -> list[Any]:
        """The branches of a combination."""
        branches = self.report.given(schema, keyword, list, place)
        if branches == []:
            self.report.wrong(place.at(keyword), "Too small: expected one schema or more")
        return branches or []

    # Values

    def _literals(self, flat: dict[str, Any], place: Place) -> Node | None:
        keyword = "const" if "const" in flat else "enum"
        values = [flat["const"]] if keyword == "const" else self.report.given(flat, "enum", list, place)
        for other in flat:
            if other not in (keyword, "type"):
                self.report.unheld(place, other, f"not supported together with {keyword}")
        kinds = self._kinds(flat, place)
        nodes = []
        for value, text in self.report.literals(values or [], place.at(keyword)):
            if kinds and not any(_is(value, kind) for kind in kinds):
                continue
            if any(word in text for word in (*MARKS, *(TAGS if place.argument else ()))):
                self.report.unheld(place, keyword, "a value that spells a mark or tag of the model")
            else:
                nodes.append(constant(value))
        return either(nodes)

    def _typed(self, flat: dict[str, Any], place: Place) -> Node | None:
        kinds = self._kinds(flat, place)
        if not kinds:
            kinds = [kind for kind, implying in _IMPLIED.items() if any(key in flat for key in implying)]
        if not kinds:
            return ANYTHING
        nodes = [self._of_kind(kind, flat, place) for kind in kinds]
        return either([node for node in nodes if node is not None])

    def _of_kind(self, kind: str, flat: dict[str, Any], place: Place) -> Node | None:
        match kind:
            case "string":
                return read_text(flat, place, self.report)
            case "integer":
                return read_integer(flat, place, self.report)
            case "number":
                return read_number(flat, place, self.report)
            case "boolean":
                return BOOLEAN
            case "null":
                return NULL
            case "array":
                return containers.read_array(flat, place, self)
        return containers.read_object(flat, place, self)

    def _kinds(self, flat: dict[str, Any], place: Place) -> list[str]:
        """The types that are named, each once; none where the schema doesn't say, or says nonsense."""
        named = flat.get("type", [])
        kinds = [named] if isinstance(named, str) else named
        if isinstance(kinds, list) and all(isinstance(kind, str) and kind in _TYPES for kind in kinds):
            if not kinds and "type" in flat:
                self.report.wrong(place.at("type"), "Too small: expected one type or more")
            return [kind for kind in dict.fromkeys(kinds) if kind != "integer" or "number" not in kinds]
        self.report.wrong(place.at("type"), f"Invalid input: expected one of {', '.join(_TYPES)}")
        return []

    # Parameters

    def parameters(self, schema: Any, place: Place) -> Node:
        """The root of a tool's parameters."""
        flat = self.flat(schema, place)
        while flat.keys() == {"$ref"}:
            place = place.again()
            flat = self.flat(self.target(flat["$ref"], place), place)
        for keyword in ("anyOf", "oneOf"):
            if keyword in flat:
                return self._parameter_choice(flat, keyword, place)
        for keyword in (*_NEVER_HELD, "enum", "const"):
            if keyword in flat:
                self.report.unheld(place, keyword, "not supported")
        if self._kinds(flat, place) not in ([], ["object"]):
            self.report.wrong(place.at("type"), 'Invalid input: expected "object"')
        return containers.read_parameters(flat, place, self)

    def _parameter_choice(self, flat: dict[str, Any], keyword: str, place: Place) -> Node:
        base = {key: value for key, value in flat.items() if key != keyword}
        branches = [
            self.parameters(self._both(base, part, place.at(keyword, i)), place.at(keyword, i))
            for i, part in enumerate(self._list(flat, keyword, place))
        ]
        if keyword == "oneOf":
            self._exclusive.append((place, branches))
        return either(branches) or containers.read_parameters(base, place, self)


_TYPES = ("string", "number", "integer", "boolean", "null", "array", "object")


def either(nodes: list[Node]) -> Node | None:
    """Any of the nodes; None of none."""
    flat: dict[Node, None] = {}
    literals: dict[str, None] = {}
    for node in nodes:
        for branch in node.branches if isinstance(node, Choice) else (node,):
            if isinstance(branch, Literals):
                literals |= dict.fromkeys(branch.texts)
            else:
                flat[branch] = None
    branches = [*([Literals(tuple(literals))] if literals else []), *flat]
    if not branches:
        return None
    return branches[0] if len(branches) == 1 else Choice(tuple(branches))


def constant(value: Any) -> Node:
    """Exactly this value."""
    match value:
        case list():
            return Array(tuple(map(constant, value)), min_items=len(value))
        case dict():
            return Object(tuple((name, constant(part)) for name, part in value.items()), frozenset(value))
    return Literals((json.dumps(value, ensure_ascii=False),))
