"""The grammar of a whole output: what may come, what may not, and where it may end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from nemotron_runtime.chat.grammar import Calls, Response, build, response_of
from nemotron_runtime.chat.schema_check import check_schema
from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.wire.request import ResponseFormat
from support.grammars import CALL, END_CALL, END_THINK, MARKS, SPECIALS, THINK, Walk, accepts
from support.vocabulary import demo_tokens

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CITY_TEXT = "<parameter=city>\nOslo\n</parameter>\n"
NO_BUDGET = None


@dataclass(frozen=True)
class Tool:
    name: str = "f"
    parameters: Mapping[str, Any] | None = None
    strict: bool | None = True


def tag(
    *,
    thinking: bool = False,
    budget: int | None = None,
    calls: Calls | None = None,
    response: Response | None = None,
) -> str | None:
    return build(thinking=thinking, budget=budget, calls=calls, response=response, marks=MARKS)


def required(*tools: Tool, parallel: bool = True) -> Calls:
    return Calls(tools, "required", parallel)


def auto(*tools: Tool, parallel: bool = True, held: bool = True) -> Calls:
    return Calls(tools, "auto", parallel, held)


def holding(properties: Mapping[str, Any], *needed: str, **more: Any) -> str | None:
    schema = {"type": "object", "properties": properties, "required": list(needed), **more}
    return tag(calls=required(Tool(parameters=schema)))


def answer(schema: Any, *, strict: bool = True) -> Response:
    return Response(check_schema(schema, "schema", strict=strict))


def call(parameters: str = "", name: str = "f") -> tuple[str | int, ...]:
    return (CALL, f"\n<function={name}>\n{parameters}</function>\n", END_CALL)


def parameter(name: str, value: str) -> str:
    return f"<parameter={name}>\n{value}\n</parameter>\n"


# Nothing to hold


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"thinking": True},
        {"budget": 5},  # there is no thought
        {"thinking": True, "calls": auto(Tool(), held=False)},
    ],
)
def test_what_is_free_has_no_grammar(wishes):
    assert tag(**wishes) is None


# The budget


@pytest.mark.parametrize("budget", [0, 1, 3, 50])
def test_a_thought_has_exactly_its_budget(budget):
    walk = Walk(tag(thinking=True, budget=budget, calls=auto(Tool(), held=False)))
    for _ in range(budget):
        assert {END_THINK, CALL} == walk.specials & {*MARKS.all}
        assert walk.take_token(demo_tokens().encode("a")[0])
    assert walk.allowed() == {END_THINK, CALL}


def test_without_tools_only_the_end_of_the_thought_is_left():
    walk = Walk(tag(thinking=True, budget=0))
    assert walk.allowed() == {END_THINK}


def test_a_thought_can_end_before_its_budget():
    assert accepts(tag(thinking=True, budget=50), "a", END_THINK, "\n", "b")


def test_behind_a_limited_thought_the_answer_is_free_but_for_another_thought():
    walk = Walk(tag(thinking=True, budget=1, calls=auto(Tool(), held=False)))
    assert walk.take("a", END_THINK, "x", CALL, "what ever <b> ", END_CALL, END_THINK)
    assert walk.specials == SPECIALS - {THINK}  # ends of turn among them


def test_a_free_call_opened_when_the_budget_is_spent_survives():
    limited = tag(thinking=True, budget=2, calls=auto(Tool(), Tool("g"), held=False))
    assert accepts(limited, *"ab", *call(parameter("any", "thing"), "g"))


def test_a_call_of_an_unknown_tool_does_not_lengthen_a_thought():
    walk = Walk(tag(thinking=True, budget=2, calls=auto(Tool(), held=False)))
    assert not walk.take(*"ab", CALL, "\n<function=h>")


@pytest.mark.parametrize("budget", [2**31, 10**30])
def test_a_budget_beyond_all_counting_is_none(budget):
    assert accepts(tag(thinking=True, budget=budget), "a" * 100, END_THINK)


# Forced calls

FORCED = tag(calls=required(Tool(parameters=CITY), Tool("g")))
FORCED_THINKING = tag(thinking=True, budget=2, calls=required(Tool(parameters=CITY), Tool("g")))
ONE_FORCED = tag(calls=required(Tool(parameters=CITY), parallel=False))


@pytest.mark.parametrize(
    "output",
    [
        call(CITY_TEXT),
        ("\n", *call(CITY_TEXT)),
        (*call(CITY_TEXT), "\n"),
        (*call(CITY_TEXT), "\n", *call(name="g")),
        (*call(name="g"), "\n", *call(CITY_TEXT), "\n", *call(name="g"), "\n"),
    ],
)
def test_forced_calls_may_be(output):
    assert accepts(FORCED, *output)


@pytest.mark.parametrize(
    "output",
    [
        (),
        ("no",),
        ("text first", *call(CITY_TEXT)),
        (*call(CITY_TEXT), "text behind"),
        (*call(CITY_TEXT), *call(CITY_TEXT)),  # no newline between them
        call(),  # city is missing
        call(CITY_TEXT + CITY_TEXT),
        call(CITY_TEXT + parameter("other", "x")),
        call(CITY_TEXT, "h"),
        call(CITY_TEXT)[:-1],
        ("<tool_call>", *call(CITY_TEXT)[1:-1], "</tool_call>"),  # marks in letters
        (CALL, "<function=f>\n" + CITY_TEXT + "</function>\n", END_CALL),
        (CALL, "\n<function=f>" + CITY_TEXT + "</function>\n", END_CALL),
        (CALL, "\n<function=f>\n" + CITY_TEXT + "</function>", END_CALL),
        (CALL, "\n<function=f>\n\n" + CITY_TEXT + "</function>\n", END_CALL),
        (CALL, "\n<function=f>\n" + CITY_TEXT + " </function>\n", END_CALL),
        call("<parameter=city>Oslo\n</parameter>\n"),
        call("<parameter=city>\nOslo</parameter>\n"),
        call("<parameter=city>\nOslo\n</parameter>"),
        call("<parameter= city>\nOslo\n</parameter>\n"),
    ],
)
def test_forced_calls_may_not_be(output):
    assert not accepts(FORCED, *output)


@pytest.mark.parametrize("closing", [(END_THINK,), (END_THINK, "\n"), (END_THINK, "\n\n"), ()])
@pytest.mark.parametrize("thought", ["", "a", "ab"])
def test_forced_calls_come_behind_a_thought_or_end_it(thought, closing):
    assert accepts(FORCED_THINKING, *thought, *closing, *call(CITY_TEXT))


@pytest.mark.parametrize("output", [(*"abc",), ("a", END_THINK), ("a", END_THINK, "text"), ("a",)])
def test_a_thought_does_not_replace_forced_calls(output):
    assert not accepts(FORCED_THINKING, *output)


def test_one_call_is_one_call():
    walk = Walk(ONE_FORCED)
    assert walk.take(*call(CITY_TEXT))
    assert walk.may_end
    assert walk.take("\n")
    assert walk.allowed() == set(MARKS.end)


def test_the_output_ends_nowhere_but_behind_a_call():
    walk = Walk(FORCED)
    for part in call(CITY_TEXT):
        for id in [part] if isinstance(part, int) else demo_tokens().encode(part):
            assert not walk.allowed() & {*MARKS.end}
            walk.take_token(id)
    assert walk.allowed() >= {*MARKS.end}


# Calls that may come

AUTO = tag(calls=auto(Tool(parameters=CITY), Tool("loose", CITY, strict=None)))


@pytest.mark.parametrize(
    "output",
    [
        (),
        ("just text with <function=f> in it",),
        call(CITY_TEXT),
        ("text first\n", *call(CITY_TEXT), "\n", *call(CITY_TEXT, "loose")),
    ],
)
def test_an_answer_may_hold_calls(output):
    assert accepts(AUTO, *output)


@pytest.mark.parametrize(
    "output",
    [
        call(),
        call(CITY_TEXT, "unknown"),
        ("text", CALL, "no call"),
        ("text", END_CALL),
        (*call(CITY_TEXT), "\nand so on"),
        ("stray", END_THINK),
        (THINK, "another thought"),
    ],
)
def test_an_answer_holds_no_other_calls(output):
    assert not accepts(AUTO, *output)


def test_calls_that_may_come_end_a_thought_too():
    thinking = tag(thinking=True, budget=1, calls=auto(Tool(parameters=CITY)))
    assert accepts(thinking, "a", *call(CITY_TEXT))
    assert accepts(thinking, "a", END_THINK, "\nHello")
    assert accepts(thinking, "a", END_THINK, "\nHello", *call(CITY_TEXT))
    assert not accepts(thinking, "a")
    assert not accepts(thinking, "a", *call(CITY_TEXT), "text")


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


# JSON


@pytest.mark.parametrize("thought", [(), ("\n",), ("\n\n",)])
def test_json_behind_a_thought(thought):
    held = tag(thinking=True, budget=9, response=answer(CITY))
    assert accepts(held, "hm", END_THINK, *thought, '{"city": "Oslo"}')


@pytest.mark.parametrize(
    "output",
    [
        ("hm", '{"city": "Oslo"}'),  # before the thought ends
        ("hm", END_THINK, "Sure: ", '{"city": "Oslo"}'),
        ("hm", END_THINK, '{"city": "Oslo"} Done.'),
        ("hm", END_THINK, '{"city": "Oslo"}\n'),
        ("hm", END_THINK, '{"city": "Os'),
        ("hm", END_THINK, '{"town": "Oslo"}'),
        ("hm", END_THINK, *call(CITY_TEXT)),
        ("hm", *call(CITY_TEXT)),
    ],
)
def test_nothing_but_json(output):
    assert not accepts(tag(thinking=True, budget=9, response=answer(CITY)), *output)


def test_a_thought_may_hold_json_of_its_own():
    held = tag(thinking=True, response=answer(CITY))
    assert accepts(held, 'perhaps {"city": "Os', END_THINK, '{"city": "Oslo"}')


@pytest.mark.parametrize("indent", [None, 2, 4])
def test_layouts_of_json(indent):
    value = {"city": "Oslo", "more": [1, {"a": None}]}
    held = tag(response=answer({"type": "object"}))
    assert accepts(held, json.dumps(value, indent=indent))
    assert accepts(held, json.dumps(value, separators=(",", ":")))


def test_json_or_calls():
    held = tag(thinking=True, budget=3, calls=auto(Tool(parameters=CITY), held=False), response=answer(CITY))
    assert accepts(held, "a", END_THINK, '{"city": "Oslo"}')
    assert accepts(held, "a", END_THINK, "\n", *call(CITY_TEXT))
    assert accepts(held, "a", *call(CITY_TEXT), "\n", *call(CITY_TEXT))
    assert not accepts(held, "a", END_THINK, '{"city": "Oslo"}', *call(CITY_TEXT))
    assert not accepts(held, "a", END_THINK, "text")


def test_required_calls_come_before_json():
    held = tag(calls=required(Tool(parameters=CITY)), response=answer(CITY))
    assert accepts(held, *call(CITY_TEXT))
    assert not accepts(held, '{"city": "Oslo"}')


@pytest.mark.parametrize("mark", ["<think>", "</think>", "<tool_call>", "</tool_call>"])
def test_json_spells_no_mark(mark):
    held = tag(response=answer({}))
    id = demo_tokens().specials[mark]
    for parts in ((mark,), (id,)):
        assert not accepts(held, '["', *parts, '"]')
        assert not accepts(held, '{"', *parts, '": 1}')
    assert accepts(held, '["', mark[:-1], '"]')


def format_of(**fields: Any) -> ResponseFormat:
    return ResponseFormat.model_validate(fields)


def test_response_formats():
    assert response_of(None, 1000) is None
    assert response_of(format_of(type="text"), 1000) is None
    for open_format in (
        format_of(type="json_object"),
        format_of(type="json_schema", json_schema={"name": "n"}),
    ):
        held = tag(response=response_of(open_format, 1000))
        assert accepts(held, '{"any": ["thing"]}')
        assert not accepts(held, "[]")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"type": "grammar"}, 'response_format.type: "grammar" is not available here'),
        ({"type": "json_schema"}, "response_format.json_schema: Required"),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {"enum": ["x" * 1000]}}},
            "response_format.json_schema.schema: Too big: at most 1000 bytes of schema are accepted,"
            " received 1013",
        ),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": {"not": {}}}},
            "response_format.json_schema.schema.not: not supported; remove it or set strict to false",
        ),
    ],
)
def test_response_formats_that_are_refused(fields, says):
    with pytest.raises(InvalidRequest) as caught:
        response_of(format_of(**fields), 1000)
    assert caught.value.message == says


@pytest.mark.parametrize("strict", [None, False])
def test_a_schema_that_is_not_strict_is_relaxed(strict):
    form = {"name": "n", "schema": {"type": "integer", "multipleOf": 5}, "strict": strict}
    held = tag(response=response_of(format_of(type="json_schema", json_schema=form), 1000))
    assert accepts(held, "7")
    assert not accepts(held, '"7"')


# Bounds on the whole


def test_tools_that_are_too_much_together():
    name = "x" * 240
    wide = {"type": "object", "properties": {f"{name}{i}": {"type": "string"} for i in range(100)}}
    with pytest.raises(InvalidRequest, match=r"^tools: Too big: the schemas together"):
        tag(calls=required(*(Tool(f"t{i}", wide) for i in range(20))))


def test_strings_that_are_too_much_together():
    slow = {
        "type": "object",
        "properties": {f"p{i}": {"type": "string", "minLength": 100 + i} for i in range(9)},
    }
    with pytest.raises(InvalidRequest, match=r"^tools: Too big: the patterns and lengths"):
        tag(calls=required(Tool("a", slow), Tool("b", slow)))


# The engine's own check

_VALIDATE = """
import sys, json
from vllm.sampling_params import SamplingParams, StructuredOutputsParams
from vllm.v1.structured_output.backend_xgrammar import validate_xgrammar_grammar
for tag in json.load(sys.stdin):
    validate_xgrammar_grammar(SamplingParams(structured_outputs=StructuredOutputsParams(structural_tag=tag)))
print("valid")
"""


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": ["string", "null"], "maxLength": 5}
    for _ in range(levels):
        schema = {"type": ["object", "null"], "properties": {"a": schema}, "required": ["a"]}
    return schema


@pytest.mark.engine
def test_the_engine_takes_the_tags():
    deep = {"type": "object", "properties": {"v": {"anyOf": [nested(20), {"type": "array", "items": {}}]}}}
    tags = [
        FORCED_THINKING,
        AUTO,
        tag(thinking=True, budget=0),
        tag(thinking=True, budget=10**30, response=answer(nested(22))),
        tag(
            thinking=True,
            calls=auto(Tool(parameters=deep), Tool("g", deep, strict=None)),
            response=answer({}),
        ),
    ]
    ran = subprocess.run(
        [sys.executable, "-c", _VALIDATE], input=json.dumps(tags), capture_output=True, text=True, timeout=200
    )
    assert ran.stdout.endswith("valid\n"), ran.stderr[-2000:]
