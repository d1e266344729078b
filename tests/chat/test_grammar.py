"""The grammar of a whole output: what may come, what may not, and where it may end."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from nemotron_runtime.errors import InvalidRequest
from support.grammars import CALL, END_CALL, END_THINK, MARKS, SPECIALS, THINK, Walk, accepts
from support.tags import (
    CITY,
    CITY_TEXT,
    Tool,
    answer,
    auto,
    call,
    parameter,
    required,
    tag,
)
from support.vocabulary import demo_tokens

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
