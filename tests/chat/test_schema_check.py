"""What a grammar can't hold is named with its place, or left out where the schema isn't strict."""

from __future__ import annotations

from typing import Any

import pytest

from nemotron_runtime.chat.schema_check import check_tool
from support.grammars import Walk, accepts
from support.schema_tags import PATH, REMEDY, N, S, Tool, below, refusal, tag, tool_refusal

# The schema, what the message says behind the path, and a text that the relaxed grammar takes.
UNHELD: list[tuple[Any, str, str]] = [
    ({"type": "number", "multipleOf": 5}, "multipleOf: not supported", "7"),
    ({"type": "integer", "multipleOf": 5}, "multipleOf: not supported", "7"),
    (below(a={"type": "integer", "multipleOf": 5}), "properties.a.multipleOf: not supported", '{"a": 7}'),
    ({"type": "array", "uniqueItems": True}, "uniqueItems: not supported", "[1, 1]"),
    ({"type": "array", "contains": N}, "contains: not supported", "[]"),
    ({"type": "array", "items": N, "unevaluatedItems": False}, "unevaluatedItems: not supported", "[1]"),
    ({"not": N}, "not: not supported", "1"),
    ({"if": N, "then": {"minimum": 3}}, "if: not supported", "1"),
    ({"type": "object", "dependentRequired": {"a": ["b"]}}, "dependentRequired: not supported", '{"a": 1}'),
    ({"type": "object", "dependentSchemas": {"a": S}}, "dependentSchemas: not supported", "{}"),
    (
        {"type": "object", "unevaluatedProperties": S},
        "unevaluatedProperties: only true and false are supported",
        "{}",
    ),
    (
        {**below(a=N), "patternProperties": {"^x": S}},
        "patternProperties: not supported together with other rules for properties",
        '{"a": 1}',
    ),
    (
        {"type": "object", "patternProperties": {"^x": S, "^y": N}},
        "patternProperties: not supported together with other rules for properties",
        '{"z": 1}',
    ),
    (
        {**below(a=N), "propertyNames": {"pattern": "^a"}},
        "patternProperties: not supported together with other rules for properties",
        '{"a": 1}',
    ),
    (
        {"type": "object", "propertyNames": {"minLength": 3}},
        "propertyNames: not supported together with other rules for properties",
        '{"a": 1}',
    ),
    ({**below(a=N), "minProperties": 1}, "minProperties: not supported together with properties", "{}"),
    ({"type": "string", "format": "regex"}, 'format: "regex" is not supported', '"("'),
    (
        {"type": "string", "format": "date", "minLength": 3},
        "minLength: not supported together with a pattern or format",
        '"2024-01-02"',
    ),
    (
        {"type": "string", "pattern": "^a+$", "maxLength": 3},
        "maxLength: not supported together with a pattern or format",
        '"aaaa"',
    ),
    (
        {"type": "string", "pattern": "^a+$", "format": "date"},
        "format: not supported together with a pattern",
        '"aaaa"',
    ),
    ({"type": "string", "pattern": "(?=a)b"}, 'pattern: not supported: "(?=": lookaround or flags', '"x"'),
    ({"type": "string", "pattern": r"(a)\1"}, r'pattern: not supported: "\1"', '"x"'),
    ({"type": "string", "pattern": "("}, "pattern: not supported: an unmatched (", '"x"'),
    ({"type": "string", "pattern": "a{500}"}, "pattern: not supported: more than 128 repeats", '"x"'),
    ({"type": "string", "minLength": 500}, "minLength: at most 128 is supported", '"x"'),
    ({"type": "array", "minItems": 20_000}, "minItems: at most 10000 is supported", "[]"),
    ({"type": "number", "minimum": 1e-300}, "minimum: more than 40 digits are not supported", "-1"),
    ({"enum": [1, 2], "minimum": 2}, "minimum: not supported together with enum", "1"),
    ({"enum": ["<think>", "b"]}, "enum: a value that spells a mark or tag of the model", '"b"'),
    ({"$ref": "https://example.com/x"}, '$ref: only "#" and "#/..." are supported', "1"),
    ({"$ref": "#name"}, '$ref: only "#" and "#/..." are supported', "1"),
    ({"$dynamicRef": "#x"}, "$dynamicRef: not supported", "1"),
    (
        {"oneOf": [N, {"type": "number"}]},
        "oneOf: not supported where two branches may admit the same value",
        "1",
    ),
    (
        {"allOf": [{"pattern": "a"}, {"pattern": "b"}], "type": "string"},
        "allOf.1.pattern: not supported: what this says elsewhere differs",
        '"a"',
    ),
    (
        {"allOf": [{**below(a=N), "additionalProperties": False}, below(b=N)]},
        "allOf.1.additionalProperties: not supported: what this says elsewhere differs",
        '{"a": 1}',
    ),
]


@pytest.mark.parametrize(("schema", "says", "text"), UNHELD)
def test_what_cannot_be_held(schema, says, text):
    place = f"{PATH}." + says
    assert refusal(schema) == place + REMEDY
    assert accepts(tag(schema, strict=False), text)


# The schema, and what the message says behind the path.
WRONG: list[tuple[Any, str]] = [
    (
        {"type": "int"},
        ".type: Invalid input: expected one of string, number, integer, boolean, null, array, object",
    ),
    ({"type": []}, ".type: Too small: expected one type or more"),
    (
        {"type": 5},
        ".type: Invalid input: expected one of string, number, integer, boolean, null, array, object",
    ),
    (below(a=1), ".properties.a: Invalid input: expected a schema"),
    ({"properties": []}, ".properties: Invalid input: expected an object"),
    (
        below(a={"type": "string", "minLength": "x"}),
        ".properties.a.minLength: Invalid input: expected an integer",
    ),
    ({"type": "string", "minLength": -1}, ".minLength: Invalid input: expected 0 or more"),
    ({"type": "string", "pattern": 3}, ".pattern: Invalid input: expected a string"),
    ({"type": "integer", "minimum": "3"}, ".minimum: Invalid input: expected a number"),
    ({"type": "integer", "minimum": True}, ".minimum: Invalid input: expected a number"),
    ({**below(a=N), "required": True}, ".required: Invalid input: expected an array"),
    ({**below(a=N), "required": [1]}, ".required: Invalid input: expected an array of strings"),
    ({**below(a=N), "required": ["b"]}, '.required: "b" is not among the properties'),
    ({"type": "array", "items": [N]}, ".items: Invalid input: expected a schema"),
    ({"anyOf": []}, ".anyOf: Too small: expected one schema or more"),
    ({"anyOf": N}, ".anyOf: Invalid input: expected an array"),
    ({"enum": 3}, ".enum: Invalid input: expected an array"),
    ({"enum": []}, ": nothing can satisfy this schema"),
    ({"type": "string", "enum": [1]}, ": nothing can satisfy this schema"),
    (False, ": nothing can satisfy this schema"),
    ({"type": "string", "minLength": 3, "maxLength": 2}, ".maxLength: less than minLength"),
    ({"type": "integer", "minimum": 3, "maximum": 2}, ": no integer lies between its bounds"),
    (
        {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 4},
        ": no integer lies between its bounds",
    ),
    ({"type": "number", "minimum": 3, "exclusiveMaximum": 3}, ": no number lies between its bounds"),
    ({"type": "array", "minItems": 3, "maxItems": 2}, ".minItems: more than there can be"),
    (
        {"type": "array", "prefixItems": [N], "items": False, "minItems": 2},
        ".minItems: more than there can be",
    ),
    ({"type": "object", "minProperties": 3, "maxProperties": 2}, ": no number of properties satisfies it"),
    ({"$ref": "#/$defs/gone"}, '.$ref: "#/$defs/gone" leads nowhere'),
    ({"$ref": "#"}, ": nothing can satisfy this schema"),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, ": nothing can satisfy this schema"),
    ({**below(a={"$ref": "#"}), "required": ["a"]}, ": nothing can satisfy this schema"),
    ({"type": "array", "items": {"$ref": "#"}, "minItems": 1}, ": nothing can satisfy this schema"),
]


@pytest.mark.parametrize(("schema", "says"), WRONG)
def test_what_is_no_schema(schema, says):
    assert refusal(schema) == f"{PATH}{says}"


@pytest.mark.parametrize("schema", [schema for schema, _ in WRONG])
def test_what_is_no_schema_is_held_somehow_where_it_is_not_strict(schema):
    assert Walk(tag(schema, strict=False)).allowed()


# Tools


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"type": "array"}, '.type: Invalid input: expected "object"'),
        ({**below(a=N), "minProperties": 1}, f".minProperties: not supported for parameters{REMEDY}"),
        ({"patternProperties": {"x": N}}, f".patternProperties: not supported for parameters{REMEDY}"),
        ({"enum": [{}]}, f".enum: not supported{REMEDY}"),
        (
            {**below(a=N), "required": ["b"], "additionalProperties": True},
            '.required: "b" is not among the properties',
        ),
        (below(**{"a>b": N}), f".properties.a>b: not supported as the name of a parameter{REMEDY}"),
        (below(**{" a": N}), f".properties. a: not supported as the name of a parameter{REMEDY}"),
        (below(**{"": N}), f".properties.: not supported as the name of a parameter{REMEDY}"),
        (
            below(a={"enum": ["</parameter>"]}),
            f".properties.a.enum: a value that spells a mark or tag of the model{REMEDY}",
        ),
        (below(a={"$ref": "#/properties/a"}), ": Too deep: at most 32 levels of subschemas can be held"),
    ],
)
def test_parameters_that_are_refused(parameters, says):
    message = tool_refusal(parameters)
    assert message.startswith("tools.0.function.parameters")
    assert message.endswith(says)


@pytest.mark.parametrize("strict", [None, False])
def test_only_strict_tools_are_checked(strict):
    check_tool(Tool({"type": "array", "not": {}}, strict), "tools.0")
