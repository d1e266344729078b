"""Reads what a schema says about arrays and objects, and about the parameters of a tool."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from nemotron_runtime.chat.constraint.merge import Schema
from nemotron_runtime.chat.constraint.node import ANYTHING, OPEN_OBJECT, Array, Node, Object
from nemotron_runtime.chat.constraint.report import MOST_ITEMS, Place, Report
from nemotron_runtime.chat.constraint.scalars import read_pattern

_ARRAY_UNHELD = ("contains", "unevaluatedItems")
_OBJECT_UNHELD = ("dependentRequired", "dependentSchemas", "dependencies")
_PARAMETER_NAME = re.compile(r"[^\s<>](?:[^<>\r\n]{0,248}[^\s<>])?")


class Parts(Protocol):
    """Reads the schemas inside an array or object."""

    report: Report

    def read(self, schema: Any, place: Place) -> Node | None:
        """What it admits; None: nothing."""

    def flat(self, schema: Any, place: Place) -> dict[str, Any]:
        """The schema with its references followed and its parts merged."""


def read_array(schema: Schema, place: Place, reader: Parts) -> Node | None:
    """An array; None where none can satisfy the schema."""
    report = reader.report
    for keyword in _ARRAY_UNHELD:
        if keyword in schema and schema[keyword] is not True:
            report.unheld(place, keyword, "not supported")
    if schema.get("uniqueItems", False) is not False:
        report.unheld(place, "uniqueItems", "not supported")
    least = _count(schema, "minItems", place, report) or 0
    most = _count(schema, "maxItems", place, report)
    prefix = _prefix(schema, place, reader, most)
    open_end = least > len(prefix) or not prefix
    items = (
        reader.read(schema["items"], place.at("items"))
        if "items" in schema
        else ANYTHING
        if open_end
        else None
    )
    if (most is not None and most < least) or (least > len(prefix) and items is None):
        report.wrong(place.at("minItems"), "more than there can be")
        return None
    return Array(prefix, None if most is not None and most <= len(prefix) else items, least, most)


def _prefix(schema: Schema, place: Place, reader: Parts, most: int | None) -> tuple[Node, ...]:
    nodes: list[Node] = []
    for i, part in enumerate((reader.report.given(schema, "prefixItems", list, place) or [])[:most]):
        node = reader.read(part, place.at("prefixItems", i))
        if node is None:
            reader.report.wrong(place.at("prefixItems", i), "nothing can satisfy this schema")
            node = ANYTHING
        nodes.append(node)
    return tuple(nodes)


def _count(schema: Schema, keyword: str, place: Place, report: Report) -> int | None:
    count = report.given(schema, keyword, int, place)
    if count is None:
        return None
    if count < 0:
        report.wrong(place.at(keyword), "Invalid input: expected 0 or more")
        return None
    if count > MOST_ITEMS:
        if keyword.startswith("min"):
            report.unheld(place, keyword, f"at most {MOST_ITEMS} is supported")
            return None
        return MOST_ITEMS
    return count


def read_object(schema: Schema, place: Place, reader: Parts) -> Node | None:
    """An object inside JSON; None where none can satisfy the schema."""
    _refuse_unheld(schema, place, reader.report)
    declared = _properties(schema, place, reader)
    if "patternProperties" in schema or "propertyNames" in schema:
        return _named_by_rule(schema, declared, place, reader)
    node = _declared(schema, declared, place, reader)
    return node and _counted(node, schema, place, reader.report)


def _refuse_unheld(schema: Schema, place: Place, report: Report) -> None:
    for keyword in _OBJECT_UNHELD:
        if schema.get(keyword):
            report.unheld(place, keyword, "not supported")
    if not isinstance(schema.get("unevaluatedProperties", True), bool):
        report.unheld(place, "unevaluatedProperties", "only true and false are supported")


def _properties(
    schema: Schema, place: Place, reader: Parts, *, arguments: bool = False
) -> dict[str, Node | None]:
    """Declared properties; None: the property can't be there."""
    declared: dict[str, Node | None] = {}
    for name, part in (reader.report.given(schema, "properties", dict, place) or {}).items():
        there = place.at("properties", name[:80], argument=arguments)
        if arguments and not _PARAMETER_NAME.fullmatch(name):
            reader.report.unheld(
                place.at("properties"), name[:80], "not supported as the name of a parameter"
            )
            continue
        declared[name] = reader.read(part, there)
    return declared


def _required(schema: Schema, place: Place, report: Report) -> list[str]:
    names = report.given(schema, "required", list, place) or []
    if not all(isinstance(name, str) for name in names):
        report.wrong(place.at("required"), "Invalid input: expected an array of strings")
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _extra(schema: Schema, place: Place, reader: Parts) -> Node | None:
    """Values of undeclared properties: none where a schema lists properties and is silent about others."""
    if "additionalProperties" in schema:
        return reader.read(schema["additionalProperties"], place.at("additionalProperties"))
    closed = "properties" in schema or schema.get("unevaluatedProperties") is False
    return None if closed else ANYTHING


def _declared(schema: Schema, declared: dict[str, Node | None], place: Place, reader: Parts) -> Object | None:
    extra = _extra(schema, place, reader)
    required = _required(schema, place, reader.report)
    properties = {name: node for name, node in declared.items() if node is not None}
    for name in list(required):
        if name in properties:
            continue
        if name in declared or extra is None:
            reader.report.wrong(place.at("required"), f'"{name[:80]}" is not among the properties')
            required.remove(name)
        else:
            properties[name] = extra
    return Object(tuple(properties.items()), frozenset(required), extra)


def _counted(node: Object, schema: Schema, place: Place, report: Report) -> Object | None:
    """With the bounds on the number of properties."""
    least = _count(schema, "minProperties", place, report) or 0
    most = _count(schema, "maxProperties", place, report)
    too_many = node.extra is None and least > len(node.properties)
    if too_many or (most is not None and most < max(least, len(node.required))):
        report.wrong(place, "no number of properties satisfies it")
        return None
    if least <= len(node.required):
        least = 0
    if most is not None and node.extra is None and most >= len(node.properties):
        most = None
    if node.properties:
        for keyword, bound in (("minProperties", least or None), ("maxProperties", most)):
            if bound is not None:
                report.unheld(place, keyword, "not supported together with properties")
        return node
    return Object(extra=node.extra, min_extra=least, max_extra=most)


def _named_by_rule(
    schema: Schema, declared: Mapping[str, Node | None], place: Place, reader: Parts
) -> Node | None:
    """An object whose properties are named by a pattern or a list."""
    patterns = reader.report.given(schema, "patternProperties", dict, place) or {}
    names = schema.get("propertyNames", True)
    names = reader.flat(names, place.at("propertyNames")) if isinstance(names, Mapping) else names
    if not patterns and names in (True, {}, {"type": "string"}):
        return read_object(_without(schema, "patternProperties", "propertyNames"), place, reader)
    if not patterns and not declared and isinstance(names, Mapping) and "enum" in names:
        return _named_by_list(schema, names, place, reader)
    if (
        not patterns
        and isinstance(names, Mapping)
        and names.keys() <= {"type", "pattern"}
        and "pattern" in names
    ):
        patterns = {names["pattern"]: schema.get("additionalProperties", True)}
        names = True
    if declared or len(patterns) != 1 or names is not True or schema.get("required"):
        keyword = "patternProperties" if patterns else "propertyNames"
        reader.report.unheld(place, keyword, "not supported together with other rules for properties")
        return read_object(_without(schema, "patternProperties", "propertyNames"), place, reader)
    ((pattern, part),) = patterns.items()
    node = _counted(OPEN_OBJECT, schema, place, reader.report)
    held = (
        read_pattern(pattern, place, "patternProperties", reader.report) if isinstance(pattern, str) else None
    )
    extra = reader.read(part, place.at("patternProperties", str(pattern)[:80]))
    return node and Object(extra=extra, names=held, min_extra=node.min_extra, max_extra=node.max_extra)


def _named_by_list(schema: Schema, names: Schema, place: Place, reader: Parts) -> Node | None:
    listed = [name for name in reader.report.given(names, "enum", list, place) or [] if isinstance(name, str)]
    value = schema.get("additionalProperties", True)
    listed_properties = {"properties": dict.fromkeys(listed, value), "additionalProperties": False}
    return read_object({**_without(schema, "propertyNames"), **listed_properties}, place, reader)


def _without(schema: Schema, *keywords: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in keywords}


def read_parameters(schema: Schema, place: Place, reader: Parts) -> Object:
    """The parameters of a tool. A strict tool takes what it declares and nothing else."""
    report = reader.report
    _refuse_unheld(schema, place, report)
    for keyword in ("patternProperties", "propertyNames", "minProperties", "maxProperties"):
        if schema.get(keyword):
            report.unheld(place, keyword, "not supported for parameters")
    declared = _properties(schema, place, reader, arguments=True)
    node = _declared(_without(schema, "additionalProperties") | {"properties": {}}, declared, place, reader)
    assert node is not None
    if report.strict:
        return node
    value = schema.get("additionalProperties", "properties" not in schema)
    extra = reader.read(value, place.at("additionalProperties", argument=True))
    return Object(node.properties, node.required, extra)
