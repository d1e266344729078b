"""What a schema allows comes, and nothing else, strict or not."""

from __future__ import annotations

from typing import Any

import pytest

from support.grammars import accepts
from support.schema_tags import N, S, below, tag

# The schema, texts that satisfy it, texts that don't.
HELD: list[tuple[Any, list[str], list[str]]] = [
    ({"type": "integer", "multipleOf": 1}, ["7"], ["7.5"]),
    ({"type": "string", "uniqueItems": True, "minimum": 5}, ['"a"'], ["5"]),  # says nothing about strings
    ({"minimum": 3}, ["3.5"], ["2", '"a"']),
    ({"properties": {"a": N}}, ['{"a": 1}', "{}"], ['{"b": 1}', "1"]),
    ({"type": "object"}, ['{"b": 1}', "{}"], ["[]"]),
    ({**below(a=N), "additionalProperties": S}, ['{"a": 1, "b": "x"}'], ['{"a": "x"}', '{"b": 1}']),
    ({**below(), "required": ["a"], "additionalProperties": True}, ['{"a": [], "b": 1}'], ["{}", '{"b": 1}']),
    ({**below(a=N), "unevaluatedProperties": False}, ['{"a": 1}'], ['{"b": 1}']),
    ({**below(a=N), "minProperties": 1, "maxProperties": 9, "required": ["a"]}, ['{"a": 1}'], ["{}"]),
    (
        {"type": "object", "patternProperties": {"^x": N}},
        ['{"x": 1, "xy": 2}', "{}"],
        ['{"a": 1}', '{"x": "s"}'],
    ),
    (
        {"type": "object", "propertyNames": {"pattern": "^x"}, "additionalProperties": N},
        ['{"x": 1, "xy": 2}'],
        ['{"a": 1}'],
    ),
    ({"type": "object", "propertyNames": S, "additionalProperties": N}, ['{"a": 1}'], ['{"a": "x"}']),
    (
        {
            "type": "object",
            "propertyNames": {"enum": ["a", "b"]},
            "additionalProperties": N,
            "required": ["b"],
        },
        ['{"a": 1, "b": 2}', '{"b": 2}'],
        ['{"c": 1}', "{}"],
    ),
    ({"type": "object", "minProperties": 1, "maxProperties": 2}, ['{"a": 1}'], ["{}", '{"a":1,"b":1,"c":1}']),
    (below(a=False, b=N), ['{"b": 1}', "{}"], ['{"a": 1}']),
    ({"type": "array", "prefixItems": [N, S]}, ["[]", "[1]", '[1, "x"]'], ['[1, "x", 2]', '["x"]']),
    (
        {"type": "array", "prefixItems": [N], "items": S, "maxItems": 2},
        ['[1, "x"]'],
        ["[1, 2]", '[1, "x", "y"]'],
    ),
    ({"type": "array", "prefixItems": [N, S], "maxItems": 1}, ["[1]"], ['[1, "x"]']),
    ({"type": "array", "items": False}, ["[]"], ["[1]"]),
    ({"const": {"a": [1, "x"]}}, ['{"a":[1,"x"]}', '{"a": [1, "x"]}'], ['{"a": [1]}']),
    ({"enum": [1, "a", None, {"b": 2}], "type": ["integer", "object"]}, ["1", '{"b": 2}'], ['"a"', "null"]),
    ({"oneOf": [N, S]}, ["1", '"x"'], ["null"]),
    (
        {
            "oneOf": [
                {**below(kind={"const": "a"}, n=N), "required": ["kind"]},
                {**below(kind={"const": "b"}, s=S), "required": ["kind"]},
            ]
        },
        ['{"kind": "a", "n": 1}', '{"kind": "b", "s": "x"}'],
        ['{"kind": "a", "s": "x"}', '{"kind": "c"}'],
    ),
    ({"allOf": [{"$ref": "#/$defs/i"}], "description": "x", "$defs": {"i": N}}, ["1"], ['"x"']),
    (
        {"allOf": [{**below(a=N), "required": ["a"]}, {**below(b=N), "required": ["b"]}]},
        ['{"a": 1, "b": 2}'],
        ['{"a": 1}', "1"],
    ),
    ({"allOf": [{"minimum": 3}, {"maximum": 5, "minimum": 1}], "type": "integer"}, ["3", "5"], ["2", "6"]),
    (
        {
            "type": "object",
            "properties": {"a": N, "b": N},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        ['{"a": 1}', '{"b": 1}', '{"a": 1, "b": 1}'],
        ["{}"],
    ),
    ({"$ref": "#/$defs/i", "minimum": 3, "$defs": {"i": N}}, ["3"], ["2"]),
    ({"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": N}}, ["3"], ['"x"']),
    ({"$ref": "#/definitions/a", "definitions": {"a": N}}, ["3"], ['"x"']),
    ({"type": "array", "items": {"$ref": "#"}}, ["[]", "[[], [[]]]"], ["[1]"]),
    ({"anyOf": [{"$ref": "#"}, N]}, ["1"], ['"x"']),
    (
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "x", "title": "t", "x-more": 1},
        ["1"],
        [],
    ),
    (True, ["1", '{"a": [null]}'], ["nul"]),
]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(("schema", "good", "bad"), HELD)
def test_what_is_held(schema, good, bad, strict):
    held = tag(schema, strict=strict)
    for text in good:
        assert accepts(held, text), text
    for text in bad:
        assert not accepts(held, text), text
