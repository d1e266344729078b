"""The grammar of JSON answers, and the response formats that ask for them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nemotron_runtime.chat.grammar import response_of
from nemotron_runtime.errors import InvalidRequest
from nemotron_runtime.wire.request import ResponseFormat
from support.grammars import END_THINK, accepts
from support.tags import (
    CITY,
    CITY_TEXT,
    Tool,
    answer,
    auto,
    call,
    required,
    tag,
)
from support.vocabulary import demo_tokens

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
