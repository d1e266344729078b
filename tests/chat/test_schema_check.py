"""What a grammar can't hold is named with its place, or left out where the schema isn't strict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.constraint.report import DEEPEST, MOST_PARTS
from nemotron_runtime.chat.grammar import Response, build
from nemotron_runtime.chat.schema_check import check_schema, check_tool, parameters_of
from nemotron_runtime.errors import InvalidRequest
from support.grammars import MARKS, Walk, accepts

PATH = "response_format.json_schema.schema"
REMEDY = "; remove it or set strict to false"


@dataclass(frozen=True)
class Tool:
    parameters: Any
    strict: bool | None = True
    name: str = "f"


def tag(schema: Any, *, strict: bool) -> str | None:
    response = Response(check_schema(schema, PATH, strict=strict))
    return build(thinking=False, budget=None, calls=None, response=response, marks=MARKS)


def refusal(schema: Any) -> str:
    with pytest.raises(InvalidRequest) as caught:
        check_schema(schema, PATH, strict=True)
    return caught.value.message


def tool_refusal(parameters: Any) -> str:
    with pytest.raises(InvalidRequest) as caught:
        check_tool(Tool(parameters), "tools.0.function.parameters")
    return caught.value.message


def below(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


S, N = {"type": "string"}, {"type": "integer"}

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


# Bounds


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (nested(DEEPEST + 1), "Too deep: at most 32 levels of subschemas can be held"),
        (below(**{f"p{i}": N for i in range(MOST_PARTS)}), "Too big: at most 2000 subschemas can be held"),
        (
            {"enum": list(range(2001))},
            "Too big: at most 2000 values of enum and const, of 100000 characters together, can be held",
        ),
        (
            {"const": "x" * 100_001},
            "Too big: at most 2000 values of enum and const, of 100000 characters together, can be held",
        ),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_bounds_hold_for_all_schemas(schema, says, strict):
    with pytest.raises(InvalidRequest) as caught:
        check_schema(schema, PATH, strict=strict)
    assert caught.value.message.endswith(says)


def fan(levels: int, *, sibling: bool) -> dict[str, Any]:
    """Definitions that each refer to the next one twice: doubly as many places with each level."""
    definitions: dict[str, Any] = {f"d{levels}": N}
    for level in range(levels):
        reference = {"$ref": f"#/$defs/d{level + 1}", **({"required": []} if sibling else {})}
        definitions[f"d{level}"] = below(a=reference, b=reference)
    return {"$ref": "#/$defs/d0", "$defs": definitions}


def test_references_that_fan_out_stay_small():
    assert len(tag(fan(12, sibling=False), strict=True) or "") < 20_000


@pytest.mark.parametrize(
    "schema",
    [
        fan(20, sibling=True),
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {
            "$ref": "#/$defs/a",
            "$defs": {
                "a": {"allOf": [{"$ref": "#/$defs/b"}], "minimum": 1},
                "b": {"$ref": "#/$defs/a", "maximum": 5},
            },
        },
        {"anyOf": [{"$ref": "#", "minimum": 1}, {"$ref": "#", "maximum": 1}]},
    ],
)
def test_references_that_never_end_are_bounded(schema):
    with pytest.raises(InvalidRequest, match="can be held"):
        check_schema(schema, PATH, strict=False)


def test_the_largest_schemas_compile():
    wide = below(**{f"p{i}": {"type": ["string", "null"], "enum": [f"v{i}", None]} for i in range(900)})
    for schema in (
        wide,
        nested(DEEPEST),
        {"type": "array", "items": S, "minItems": 9_000, "maxItems": 10_000},
    ):
        assert Walk(tag(schema, strict=True)).allowed()


# Anything a client can send

_KEYWORDS = (
    *("type", "enum", "const", "properties", "required", "items", "prefixItems", "anyOf", "oneOf", "allOf"),
    *("not", "$ref", "$defs", "a", "minItems", "maxItems", "minLength", "maxLength", "pattern", "format"),
    *("minimum", "maximum", "additionalProperties", "propertyNames", "patternProperties", "minProperties"),
)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.sampled_from(["a", "string", "#", "#/$defs/a", "date"]),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(
            st.sampled_from(_KEYWORDS),
            parts,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def message_of(action: Callable[[], Any]) -> str | None:
    """The client's message, where the action refuses."""
    try:
        action()
    except InvalidRequest as error:
        return error.message
    return None


@pytest.mark.parametrize("strict", [True, False])
@given(schema=_JSON)
def test_any_json_as_a_schema(strict, schema):
    """It is refused with the project's own error, or its grammar compiles and lets something through."""
    message = message_of(lambda: check_schema(schema, PATH, strict=strict))
    if message is None:
        assert Walk(tag(schema, strict=strict)).allowed()
    else:
        assert message.startswith(PATH)


@pytest.mark.parametrize("strict", [True, None])
@given(parameters=st.dictionaries(st.sampled_from(_KEYWORDS), _JSON))
def test_any_json_as_parameters(strict, parameters):
    message = message_of(lambda: parameters_of(Tool(parameters, strict), PATH))
    assert message is None or message.startswith(PATH)
