"""The grammar of calls: what the value of a parameter may be."""

from __future__ import annotations

import pytest

from support.grammars import CALL, MARKS, Walk, accepts
from support.tags import (
    CITY,
    CITY_TEXT,
    Tool,
    call,
    holding,
    parameter,
    required,
    tag,
)

# Values


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (
            {"type": "integer"},
            ["0", "-12", "99999999999999999999"],
            ["", " 1", "1 ", "1.0", "01", "one", "\n1"],
        ),
        ({"type": "integer", "minimum": 3, "maximum": 12}, ["3", "12"], ["2", "13", "-3"]),
        ({"type": "number"}, ["0", "-1.5", "2e10", "1.25E-3"], [".5", "1.", "+1", " 1", "NaN"]),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, ["0.5", "1", "1.0"], ["0", "1.1", "-1"]),
        ({"type": "boolean"}, ["true", "false"], ["True", "1", " true", "true ", ""]),
        ({"type": "null"}, ["null"], ["None", "", "NULL"]),
        ({"type": ["integer", "null"]}, ["null", "5"], ["None", "x"]),
        (
            {"enum": ["a b", "c", 5, None, True]},
            ["a b", "c", "5", "null", "true"],
            ["a", "a b ", " c", '"c"', ""],
        ),
        ({"const": "only"}, ["only"], ["only ", "onl", "Only"]),
        ({"type": "string", "enum": ["kitchen", 7]}, ["kitchen"], ["kitchen\r   ", "7"]),
        ({"type": "string", "maxLength": 3}, ["", "abc", "é😀!", "a\nb"], ["abcd", "</p"]),
        ({"type": "string", "minLength": 1}, ["a", "<b>", "a\n\nb"], ["", "\n"]),
        ({"type": "string", "minLength": 2, "maxLength": 3}, ["ab", "abc"], ["a", "abcd", ""]),
        ({"type": "string", "pattern": "^[a-c]+$"}, ["abc"], ["", "abd", "abc\n", " a"]),
        ({"type": "string", "pattern": "b"}, ["b", "abc"], ["ac", ""]),
        ({"type": "string", "format": "date"}, ["2024-02-28"], ["2024-13-01", "today", ""]),
        (
            {"type": "array", "items": {"type": "integer"}},
            ["[]", "[1,2]", "[1, 2]"],
            ["[1,  2]", " []", '["a"]', "1"],
        ),
        ({"type": "array", "minItems": 1, "maxItems": 2}, ["[1]", '["a", {}]'], ["[]", "[1, 2, 3]"]),
        (
            CITY,
            ['{"city": "Oslo"}', '{"city":"Os\\nlo"}'],
            ["{}", '{"city": 1}', '{"city": "a", "b": 1}', "{\n}"],
        ),
        ({"anyOf": [{"type": "integer"}, {"enum": ["x"]}]}, ["1", "x"], ["y", "1.5"]),
        ({"type": "string", "$defs": {}}, ["anything\n  at all", "None"], []),
        ({}, ["text", '{"json": 1}', ""], []),
    ],
)
def test_values(schema, good, bad):
    held = holding({"v": schema}, "v")
    for value in good:
        assert accepts(held, *call(parameter("v", value))), value
    for value in bad:
        assert not accepts(held, *call(parameter("v", value))), value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "\n",
        "  spaces  ",
        "a\nb\n\nc\n",
        "<b>bold</b>",
        "<parameter=other>\nx",
        "</parameter",
        "<function=f>",
        '{"json": "</b>"}',
        "é😀\t\r\n",
        "</tool_call",
        "<|im_end|>",
    ],
)
def test_markup_inside_a_string(value):
    assert accepts(holding({"v": {"type": "string"}}, "v"), *call(parameter("v", value)))


@pytest.mark.parametrize(
    "value",
    [
        "a\n</parameter>\nb",
        "</parameter>",
        "a</parameter>b",
        "</function>",
        "<parameter=v>",
        "<parameter=w>\nx",
    ],
)
def test_a_string_closes_nothing(value):
    held = holding({"v": {"type": "string"}, "w": {"type": "string"}}, "v")
    assert not accepts(held, *call(parameter("v", value)))


@pytest.mark.parametrize(
    "schema", [{"type": "string"}, {"type": "string", "maxLength": 90}, {}, {"enum": ["a"]}]
)
def test_no_mark_inside_a_value(schema):
    walk = Walk(holding({"v": schema}, "v"))
    assert walk.take(CALL, "\n<function=f>\n<parameter=v>\n")
    assert not walk.specials & {*MARKS.all}


@pytest.mark.parametrize("mark", ["<think>", "</think>", "<tool_call>", "</tool_call>"])
def test_no_value_spells_a_mark(mark):
    assert not accepts(holding({"v": {"type": "string"}}, "v"), *call(parameter("v", f"a{mark}")))


def test_optional_parameters_come_in_order_or_not():
    held = holding({"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {"type": "integer"}}, "b")
    a, b, c = (parameter(name, "1") for name in "abc")
    for body in (b, a + b, b + c, a + b + c):
        assert accepts(held, *call(body))
    for body in ("", a, a + c, b + a, b + b):
        assert not accepts(held, *call(body))


@pytest.mark.parametrize("parameters", [None, {}, {"type": "object"}, {"type": "object", "properties": {}}])
def test_a_strict_tool_without_parameters(parameters):
    held = tag(calls=required(Tool(parameters=parameters)))
    assert accepts(held, *call())
    assert not accepts(held, *call(parameter("x", "1")))


@pytest.mark.parametrize(
    "more",
    [{"additionalProperties": True}, {"additionalProperties": {"type": "integer"}}],
)
def test_only_a_tool_that_is_not_strict_takes_more(more):
    schema = {**CITY, **more}
    body = CITY_TEXT + parameter("other", "1")
    assert not accepts(tag(calls=required(Tool(parameters=schema))), *call(body))
    assert accepts(tag(calls=required(Tool(parameters=schema, strict=None))), *call(body))


def test_a_tool_that_is_not_strict_is_held_as_far_as_can_be():
    odd = {**CITY, "properties": {**CITY["properties"], "n": {"type": "integer", "multipleOf": 5}}}
    held = tag(calls=required(Tool(parameters=odd, strict=None)))
    assert accepts(held, *call(CITY_TEXT + parameter("n", "7")))
    assert not accepts(held, *call(CITY_TEXT + parameter("n", "seven")))
    assert not accepts(held, *call(parameter("n", "7")))


def test_a_choice_of_parameter_objects():
    by_name = {"properties": {"name": {"type": "string"}}, "required": ["name"]}
    by_id = {"properties": {"id": {"type": "integer"}}, "required": ["id"]}
    held = tag(calls=required(Tool(parameters={"type": "object", "anyOf": [by_name, by_id]})))
    assert accepts(held, *call(parameter("name", "x")))
    assert accepts(held, *call(parameter("id", "1")))
    assert not accepts(held, *call(parameter("name", "x") + parameter("id", "1")))
    assert not accepts(held, *call())


def test_references_and_recursion_inside_a_value():
    node = {
        "type": "object",
        "properties": {
            "v": {"type": "integer"},
            "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
        },
        "required": ["v", "next"],
    }
    schema = {
        "type": "object",
        "properties": {"list": {"$ref": "#/$defs/node"}, "word": {"$ref": "#/$defs/a~1b"}},
        "required": ["list", "word"],
        "$defs": {"node": node, "a/b": {"enum": ["x"]}},
    }
    held = tag(calls=required(Tool(parameters=schema)))
    deep = '{"v": 1, "next": {"v": 2, "next": null}}'
    assert accepts(held, *call(parameter("list", deep) + parameter("word", "x")))
    assert not accepts(held, *call(parameter("list", '{"v": 1, "next": {}}') + parameter("word", "x")))
