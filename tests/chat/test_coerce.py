from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemotron_runtime.chat.coerce import escape, to_json
from nemotron_runtime.chat.schema import TEXT, Parameters, Shape

NULLABLE = {"type": ["string", "null"]}
OBJECT, ARRAY = {"type": "object"}, {"type": "array"}
INTEGER, NUMBER, BOOLEAN, STRING = ({"type": kind} for kind in ("integer", "number", "boolean", "string"))
ANY_OF = {"anyOf": [INTEGER, BOOLEAN, {"type": "null"}, ARRAY]}
DEFS: dict[str, Any] = {
    "Unit": {"enum": ["C", "F"]},
    "Count": {"$ref": "#/$defs/Whole"},
    "Whole": {"type": "integer"},
    "a/b~c": {"type": "boolean"},
    "Loop": {"anyOf": [{"$ref": "#/$defs/Loop"}, {"type": "integer"}]},
    "Self": {"$ref": "#/$defs/Self"},
}

# (schema of the parameter, text, JSON text)
COERCIONS: list[tuple[Any, str, str]] = [
    # text
    (STRING, "Paris", '"Paris"'),
    (STRING, "", '""'),
    (STRING, " 3 ", '" 3 "'),
    (STRING, "null", '"null"'),
    (STRING, 'say "hi"\n\\', r'"say \"hi\"\n\\"'),
    (STRING, "å 👍 \u2028", '"å 👍 \u2028"'),
    (STRING, '{"a": 1}', r'"{\"a\": 1}"'),
    ({}, "3", '"3"'),
    (True, "3", '"3"'),
    (None, "3", '"3"'),
    ({"description": "anything"}, "True", '"True"'),
    ({"type": "any"}, "3", '"3"'),
    ({"type": 3}, "3", '"3"'),
    ({"type": []}, "3", '"3"'),
    # integers
    (INTEGER, "3", "3"),
    (INTEGER, "-3", "-3"),
    (INTEGER, "+3", "3"),
    (INTEGER, " 3\n", "3"),
    (INTEGER, "0", "0"),
    (INTEGER, "-0", "-0"),
    (INTEGER, "007", "7"),
    (INTEGER, "3.0", "3"),
    (INTEGER, "3.", "3"),
    (INTEGER, "-3.00", "-3"),
    (INTEGER, "9" * 40, "9" * 40),
    (INTEGER, "9" * 5000, "9" * 5000),
    (INTEGER, "3.5", '"3.5"'),
    (INTEGER, "1e3", '"1e3"'),
    (INTEGER, "1,000", '"1,000"'),
    (INTEGER, "1_000", '"1_000"'),
    (INTEGER, "0x10", '"0x10"'),
    (INTEGER, "٣", '"٣"'),
    (INTEGER, "+-3", '"+-3"'),
    (INTEGER, "-", '"-"'),
    (INTEGER, "", '""'),
    (INTEGER, "True", '"True"'),
    (INTEGER, "None", '"None"'),
    # numbers
    (NUMBER, "3", "3"),
    (NUMBER, "3.0", "3.0"),
    (NUMBER, "1.10", "1.10"),
    (NUMBER, "0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
    (NUMBER, "-1.5e-7", "-1.5e-7"),
    (NUMBER, "1E+400", "1E+400"),
    (NUMBER, "+1.5", "1.5"),
    (NUMBER, ".5", "0.5"),
    (NUMBER, "-.5", "-0.5"),
    (NUMBER, "5.", "5"),
    (NUMBER, "00.5", "0.5"),
    (NUMBER, " 1.5 ", "1.5"),
    (NUMBER, "NaN", '"NaN"'),
    (NUMBER, "nan", '"nan"'),
    (NUMBER, "Infinity", '"Infinity"'),
    (NUMBER, "-inf", '"-inf"'),
    (NUMBER, "1.2.3", '"1.2.3"'),
    (NUMBER, ".", '"."'),
    (NUMBER, "e5", '"e5"'),
    (NUMBER, "12 km", '"12 km"'),
    # booleans
    (BOOLEAN, "true", "true"),
    (BOOLEAN, "True", "true"),
    (BOOLEAN, "false", "false"),
    (BOOLEAN, "False", "false"),
    (BOOLEAN, "\tTrue\r\n", "true"),
    (BOOLEAN, "TRUE", '"TRUE"'),
    (BOOLEAN, "1", '"1"'),
    (BOOLEAN, "yes", '"yes"'),
    # null
    ({"type": "null"}, "null", "null"),
    ({"type": "null"}, "None", "null"),
    ({"type": "null"}, "nil", '"nil"'),
    (NULLABLE, "null", "null"),
    (NULLABLE, "None", "null"),
    (NULLABLE, " None", '" None"'),
    (NULLABLE, "NULL", '"NULL"'),
    (NULLABLE, "none of it", '"none of it"'),
    ({"type": "integer", "nullable": True}, "None", "null"),
    ({"type": "integer", "nullable": True}, "3", "3"),
    ({"type": "string", "nullable": True}, "None", "null"),
    ({"type": "string", "nullable": False}, "None", '"None"'),
    # objects and arrays
    (OBJECT, '{"a": 1}', '{"a": 1}'),
    (OBJECT, '{"a":1.50,"b":[1e5]}', '{"a":1.50,"b":[1e5]}'),
    (OBJECT, ' {\n  "a": 1\n} ', '{\n  "a": 1\n}'),
    (OBJECT, '{"a": ' + "9" * 5000 + "}", '{"a": ' + "9" * 5000 + "}"),
    (OBJECT, "{}", "{}"),
    (OBJECT, '{"a": "x\ny"}', r'{"a": "x\ny"}'),
    (OBJECT, "{'a': True, 'b': None, 'c': [1.50, 'x']}", '{"a": true, "b": null, "c": [1.50, "x"]}'),
    (OBJECT, "{\"a\": true, 'b': False}", '{"a": true, "b": false}'),
    (OBJECT, "{'a': \"it's\"}", '{"a": "it\'s"}'),
    (OBJECT, r"{'a': 'it\'s', 'b': '\\d', 'c': '\d'}", r"""{"a": "it's", "b": "\\d", "c": "\\d"}"""),
    (OBJECT, r"{'a': '\x41\u00e9\U0001f44d\n\t'}", r'{"a": "Aé👍\n\t"}'),
    (OBJECT, r"{'a': '\ud800'}", r'{"a": "\ud800"}'),
    (OBJECT, r"{'a': '\U00110000'}", r'"{' + r"'a': '\\U00110000'" + '}"'),
    (OBJECT, "{'a': 'say \"hi\"'}", r'{"a": "say \"hi\""}'),
    (OBJECT, '{"a": "\\ud83d\\udc4d\n", "n": 1.50}', r'{"a": "\ud83d\udc4d\n", "n": 1.50}'),
    (OBJECT, "{'True': 'None'}", '{"True": "None"}'),
    (OBJECT, "{'a': 'x\ny'}", r'{"a": "x\ny"}'),
    (OBJECT, '{"a": NaN}', r'"{\"a\": NaN}"'),
    (OBJECT, "{'a': 'it's'}", "\"{'a': 'it's'}\""),
    (OBJECT, "{'a'}", "\"{'a'}\""),
    (OBJECT, '{"a": ', r'"{\"a\": "'),
    (OBJECT, "[1]", '"[1]"'),
    (OBJECT, "", '""'),
    (OBJECT, "__import__('os')", "\"__import__('os')\""),
    (ARRAY, "[1, 2]", "[1, 2]"),
    (ARRAY, "[]", "[]"),
    (ARRAY, "['a', None]", '["a", null]'),
    (ARRAY, "[True]", "[true]"),
    (ARRAY, "a, b", '"a, b"'),
    (ARRAY, '{"a": 1}', r'"{\"a\": 1}"'),
    (ARRAY, "[" * 100_000, '"' + "[" * 100_000 + '"'),
    (ARRAY, "[" + "-" * 1000 + "1]", '"[' + "-" * 1000 + '1]"'),
    # enum and const
    ({"enum": ["C", "F"]}, "C", '"C"'),
    ({"enum": ["C", "F"]}, " C\r\n", '"C"'),
    ({"enum": ["C", "F"]}, "K ", '"K "'),
    ({"enum": ["C", " C"]}, " C", '" C"'),
    ({"enum": [1, 2]}, "2", "2"),
    ({"enum": [1, 2]}, "3", "3"),
    ({"enum": [1.5]}, "1.5", "1.5"),
    ({"enum": ["1", 1]}, "1", '"1"'),
    ({"enum": [1, "1"]}, "1", "1"),
    ({"enum": [True, "no"]}, "True", "true"),
    ({"enum": [True, "no"]}, "true", "true"),
    ({"enum": ["a", None]}, "None", "null"),
    ({"enum": ["a", None]}, "null", "null"),
    ({"enum": ["null", None]}, "null", '"null"'),
    ({"enum": [{"a": 1}, [1]]}, '{"a": 1}', '{"a": 1}'),
    ({"enum": [{"a": 1}, [1]]}, "[1]", "[1]"),
    ({"enum": ["é"]}, "é", '"é"'),
    ({"enum": [float("nan")]}, "nan", '"nan"'),
    ({"enum": "C"}, "C", '"C"'),
    ({"type": "string", "enum": ["1", "2"]}, "1", '"1"'),
    ({"type": "integer", "enum": [1, 2]}, "1.0", "1"),
    ({"const": 5}, "5", "5"),
    ({"const": "x"}, " x", '"x"'),
    ({"const": None}, "None", "null"),
    # unions: null, boolean, integer, number, object, array, string
    ({"type": ["string", "integer"]}, "3", "3"),
    ({"type": ["string", "integer"]}, " 3", '" 3"'),
    ({"type": ["string", "integer"]}, "three", '"three"'),
    ({"type": ["integer", "number"]}, "3.0", "3.0"),
    ({"type": ["string", "boolean"]}, "True", "true"),
    ({"type": ["string", "object"]}, '{"a": 1}', '{"a": 1}'),
    ({"type": ["string", "object"]}, "plain", '"plain"'),
    ({"type": ["array", "object"]}, "[1]", "[1]"),
    (ANY_OF, "3", "3"),
    (ANY_OF, "None", "null"),
    (ANY_OF, "True", "true"),
    (ANY_OF, "['a']", '["a"]'),
    (ANY_OF, "x", '"x"'),
    ({"oneOf": [STRING, {"type": "null"}]}, "None", "null"),
    ({"anyOf": [{"enum": ["auto"]}, INTEGER]}, "auto", '"auto"'),
    ({"anyOf": [{"enum": ["auto"]}, INTEGER]}, "5", "5"),
    ({"anyOf": [INTEGER, {}]}, "5", "5"),
    ({"anyOf": [INTEGER, {}]}, "x", '"x"'),
    ({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, '{"a": 1}', '{"a": 1}'),
    ({"allOf": [{"type": ["integer", "string"]}, {"type": ["integer", "null"]}]}, "5", "5"),
    ({"allOf": [{"type": ["integer", "string"]}, {"type": ["integer", "null"]}]}, "None", '"None"'),
    ({"allOf": [NUMBER, INTEGER]}, "3.0", "3"),
    ({"allOf": [STRING, INTEGER]}, "3", "3"),
    ({"allOf": [{"description": "x"}, BOOLEAN]}, "True", "true"),
    # what a schema implies, and names that aren't JSON schema's
    ({"properties": {"a": {}}}, '{"a": 1}', '{"a": 1}'),
    ({"items": STRING}, '["a"]', '["a"]'),
    ({"type": "int"}, "3", "3"),
    ({"type": "INTEGER"}, "3", "3"),
    ({"type": "float"}, "3.5", "3.5"),
    ({"type": "dict"}, "{'a': 1}", '{"a": 1}'),
    ({"type": "list"}, "[1]", "[1]"),
    ({"type": "bool"}, "True", "true"),
    # references
    ({"$ref": "#/$defs/Unit"}, " F", '"F"'),
    ({"$ref": "#/$defs/Count"}, "3", "3"),
    ({"$ref": "#/$defs/a~1b~0c"}, "True", "true"),
    ({"$ref": "#/%24defs/Whole"}, "3", "3"),
    ({"$ref": "#/$defs/Loop"}, "3", "3"),
    ({"$ref": "#/$defs/Self"}, "3", '"3"'),
    ({"$ref": "#/$defs/None"}, "3", '"3"'),
    ({"$ref": "#/$defs/Unit/enum/0"}, "3", '"3"'),
    ({"$ref": "https://example.com/x"}, "3", '"3"'),
    ({"$ref": 3}, "3", '"3"'),
    ({"anyOf": [{"$ref": "#/$defs/Whole"}, {"type": "null"}], "default": None}, "None", "null"),
    ({"anyOf": [{"$ref": "#/$defs/Unit"}, {"$ref": "#/$defs/Whole"}]}, "7", "7"),
    ({"allOf": [{"$ref": "#/$defs/Whole"}]}, "7", "7"),
]


@pytest.mark.parametrize(("schema", "text", "expected"), COERCIONS)
def test_coercion(schema: Any, text: str, expected: str):
    parameters = Parameters({"properties": {"x": schema}, "$defs": DEFS})
    assert to_json(text, parameters.shape("x")) == expected


# (schema of the parameters, name, kinds)
SHAPES: list[tuple[Any, str, set[str]]] = [
    (None, "x", {"string"}),
    ({}, "x", {"string"}),
    ({"properties": {"x": INTEGER}}, "x", {"integer"}),
    ({"properties": {"x": INTEGER}}, "y", {"string"}),
    ({"properties": {"x": INTEGER}, "additionalProperties": BOOLEAN}, "y", {"boolean"}),
    ({"properties": {"x": INTEGER}, "additionalProperties": BOOLEAN}, "x", {"integer"}),
    ({"additionalProperties": True}, "y", {"string"}),
    ({"additionalProperties": False}, "y", {"string"}),
    ({"properties": None}, "x", {"string"}),
    ({"properties": {"x": None}}, "x", {"string"}),
    ({"properties": {"x": NUMBER}}, "x", {"integer", "number"}),
    ({"allOf": [{"properties": {"x": INTEGER}}]}, "x", {"integer"}),
    (
        {"anyOf": [{"properties": {"x": INTEGER}}, {"properties": {"x": BOOLEAN}}]},
        "x",
        {"integer", "boolean"},
    ),
    ({"$ref": "#/$defs/A", "$defs": {"A": {"properties": {"x": BOOLEAN}}}}, "x", {"boolean"}),
    ({"$ref": "#"}, "x", {"string"}),
    ([], "x", {"string"}),
]


@pytest.mark.parametrize(("schema", "name", "kinds"), SHAPES)
def test_shape(schema: Any, name: str, kinds: set[str]):
    assert Parameters(schema).shape(name).kinds == kinds


def test_names_are_those_declared_anywhere():
    schema = {
        "properties": {"a": {}},
        "allOf": [{"properties": {"b": {}}}],
        "anyOf": [{"properties": {"c": {}}}],
    }
    assert Parameters(schema).names == {"a", "b", "c"}
    assert Parameters(None).names == frozenset()


def test_references_that_fan_out_are_read_once():
    fan = {f"N{i}": {"anyOf": [{"$ref": f"#/$defs/N{i + 1}"}] * 9} for i in range(12)}
    schema = {"properties": {"x": {"$ref": "#/$defs/N0"}}, "$defs": {**fan, "N12": INTEGER}}
    assert Parameters(schema).shape("x").kinds == {"integer"}


def test_a_chain_of_references_too_long_to_follow_says_nothing():
    chain = {f"N{i}": {"$ref": f"#/$defs/N{i + 1}"} for i in range(5000)}
    schema = {"properties": {"x": {"$ref": "#/$defs/N0"}}, "$defs": {**chain, "N5000": INTEGER}}
    assert Parameters(schema).shape("x") == TEXT


shapes = st.sets(st.sampled_from(["null", "boolean", "integer", "number", "object", "array", "string"])).map(
    lambda kinds: Shape(frozenset(kinds | {"integer"} if "number" in kinds else kinds))
)
texts = st.one_of(
    st.text(),
    st.text("0123456789.-+eE"),
    st.text("{}[]'\",: \\nTruealsNo1"),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(repr),
)


@given(text=texts, shape=shapes)
def test_the_result_is_always_json_of_a_wanted_kind_or_the_text(text: str, shape: Shape):
    value = json.loads(to_json(text, shape))
    kinds = {
        type(None): "null",
        bool: "boolean",
        int: "integer",
        float: "number",
        dict: "object",
        list: "array",
    }
    assert value == text or kinds[type(value)] in shape.kinds


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), json_values) | st.lists(json_values))
def test_json_and_python_spell_the_same_value(value: Any):
    shape = Shape(frozenset({"object", "array"}))
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=2), repr(value)):
        assert json.loads(to_json(text, shape)) == value


@given(st.text())
def test_text_is_text(text: str):
    assert json.loads(to_json(text, TEXT)) == text


@given(st.text(), st.text())
def test_escapes_join(one: str, other: str):
    assert escape(one) + escape(other) == escape(one + other)
