from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.exam import grade as g
from nemotron_demo.exam.ask import Reply, read
from nemotron_demo.exam.grade import grade
from nemotron_demo.exam.questions import Question, questions_of, wire

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer"},
                "metric": {"type": "boolean"},
            },
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


def call(**arguments: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "weather", "arguments": arguments}}


def turns(skill: str, *messages: dict[str, Any], **others: Any) -> list[Question]:
    user = {"role": "user", "content": "please"}
    return list(questions_of([Dialogue(skill, (user, *messages), thinking=False, **others)]))


def calling(*calls: dict[str, Any]) -> Question:
    return turns(
        "call.any", {"role": "assistant", "content": "", "tool_calls": list(calls)}, tools=(WEATHER,)
    )[0]


def saying(skill: str, text: str, **others: Any) -> Question:
    return turns(skill, {"role": "assistant", "content": text}, **others)[0]


def after(result: str, text: str) -> Question:
    asking = {"role": "assistant", "content": "", "tool_calls": [call(city="Bern")]}
    told = {"role": "tool", "content": result}
    return turns("call.single", asking, told, {"role": "assistant", "content": text}, tools=(WEATHER,))[1]


def said(content: str, **others: Any) -> Reply:
    return Reply(**{"content": content, "finish": "stop", **others})


def called(*arguments: str, name: str = "weather") -> Reply:
    return Reply(calls=tuple((name, one) for one in arguments), finish="tool_calls")


BERN = calling(call(city="Bern", days=3, metric=True))


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        (called('{"city": "Bern", "days": 3, "metric": true}'), True),
        (called('{"metric": true, "days": 3.0, "city": "Bern"}'), True),
        (called('{"city": "Bern", "days": 3, "metric": 1}'), False),
        (called('{"city": "Bern", "days": "3", "metric": true}'), False),
        (called('{"city": "bern", "days": 3, "metric": true}'), False),
        (called('{"city": "Bern", "days": 3}'), False),
        (called('{"city": "Bern", "days": 3, "metric": true, "more": 1}'), False),
        (called('{"city": "Bern", "days": 3, "metric": true}', name="clock"), False),
        (called(*['{"city": "Bern", "days": 3, "metric": true}'] * 2), False),
        (called('{"city": "Bern", "days": 3, "metric": true'), False),
        (said("It rains."), False),
        (Reply(error="HTTP 500"), False),
    ],
)
def test_a_single_call(reply: Reply, right: bool) -> None:
    assert grade(BERN, reply).marks[g.SINGLE] is right


@pytest.mark.parametrize(
    ("cities", "right"),
    [
        ("Bern Rome", True),
        ("Rome Bern", False),
        ("Bern", False),
        ("Bern Bern", False),
        ("Bern Rome Rome", False),
    ],
)
def test_parallel_calls_count_in_order(cities: str, right: bool) -> None:
    question = calling(call(city="Bern"), call(city="Rome"))
    marks = grade(question, called(*(json.dumps({"city": city}) for city in cities.split()))).marks
    assert marks[g.PARALLEL] is right
    assert g.SINGLE not in marks


def test_calls_of_unseen_tools_are_counted_apart() -> None:
    reply = called('{"city": "Bern", "days": 3, "metric": true}')
    assert grade(replace(BERN, unseen=True), reply).marks[g.UNSEEN]
    assert not grade(replace(BERN, unseen=True), called("{}")).marks[g.UNSEEN]
    assert g.UNSEEN not in grade(BERN, reply).marks


def test_no_call_where_none_fits() -> None:
    question = saying("chat.hello", "Hello!", tools=(WEATHER,))
    assert grade(question, said("Hello!")).marks == {g.NO_CALL: True, g.BESIDE: True, g.WELL_FORMED: True}
    assert grade(question, called('{"city": "Bern"}')).marks == {
        **{g.NO_CALL: False, g.BESIDE: False},
        g.WELL_FORMED: True,
    }
    assert grade(question, Reply(error="HTTP 500")).marks[g.NO_CALL] is False
    assert g.NO_CALL not in grade(saying("chat.hello", "Hello!"), said("Hello!")).marks


@pytest.mark.parametrize(
    ("reply", "exact", "holds"),
    [
        (said("It is 21  degrees\nand sunny."), True, True),
        (said("Sunny? Yes: sunny, 21."), False, True),
        (said("It is 22 degrees and sunny."), False, False),
        (said("It is 21 degrees."), False, False),
        (said("It is 211 degrees and sunny."), False, False),
        (called('{"city": "Bern"}'), False, False),
    ],
)
def test_answers_after_results(reply: Reply, exact: bool, holds: bool) -> None:
    question = after('{"degrees": 21, "sky": "sunny", "wind": [4]}', "It is 21 degrees and sunny.")
    marks = grade(question, reply).marks
    assert (marks[g.AFTER], marks[g.AFTER_VALUES]) == (exact, holds)
    assert g.NO_CALL not in marks


def test_an_expected_answer_without_values_must_be_met() -> None:
    question = after("{}", "Nothing was found.")
    assert grade(question, said("Nothing was found.")).marks[g.AFTER_VALUES]
    assert not grade(question, said("Something was found.")).marks[g.AFTER_VALUES]


def test_results_that_are_plain_text_have_values_too() -> None:
    question = after("sunny, 21", "It is sunny.")
    assert grade(question, said("Today: sunny!")).marks[g.AFTER_VALUES]
    assert not grade(question, said("Today: rain!")).marks[g.AFTER_VALUES]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("7 + 5 = 12", True),
        ("12.", True),
        ("12.0", True),
        ("It is 12, twelve.", True),
        ("7-5=-12", False),
        ("13", False),
        ("12 or 13", False),
        ("112", False),
        ("twelve", False),
        ("", False),
    ],
)
def test_arithmetic_counts_the_last_number(text: str, right: bool) -> None:
    assert grade(saying("arithmetic", "7 + 5 = 12"), said(text)).marks[g.ARITHMETIC] is right


def test_negative_and_joined_numbers() -> None:
    assert g.same_number("-3", "3 - 6 = -3")
    assert g.same_number("7-5", "5")
    assert not g.same_number("-3", "3")


def test_several_sums_must_all_be_right() -> None:
    expected = "7 + 5 = 12, 3 - 6 = -3."
    assert g.same_number(expected, "7 + 5 = 12 and 3 - 6 = -3")
    for wrong in ("7 + 5 = 13, 3 - 6 = -3.", "3 - 6 = -3.", "12, -3", expected + " 1 + 1 = 2."):
        assert not g.same_number(expected, wrong)


@pytest.mark.parametrize(
    ("skill", "measure"),
    [("text.spell", g.TEXT), ("system.word", g.SYSTEM), ("chat.who", g.CHAT), ("chat.recall", g.MEMORY)],
)
def test_plain_answers_are_exact_but_for_whitespace(skill: str, measure: str) -> None:
    question = saying(skill, "c a t")
    assert grade(question, said(" c a\nt")).marks[measure]
    for wrong in (said("c a t s"), said("C a t"), said("cat"), said(""), called("{}")):
        assert not grade(question, wrong).marks[measure]


@pytest.mark.parametrize(
    ("text", "valid", "right"),
    [
        ('{"age": 7}', True, True),
        ('{\n "age": 7.0}', True, True),
        ('{"age": 8}', True, False),
        ('{"age": "7"}', False, False),
        ('{"age": true}', False, False),
        ("{}", False, False),
        ('{"age": 7', False, False),
        ("7", False, False),
    ],
)
def test_json(text: str, valid: bool, right: bool) -> None:
    marks = grade(saying("json.age", '{"age": 7}', schema=SCHEMA), said(text)).marks
    assert (marks[g.JSON_VALID], marks[g.JSON_RIGHT]) == (valid, right)


def test_json_without_a_schema_is_right_or_not() -> None:
    question = saying("json.extract", '{"age": 7}')
    assert grade(question, said('{"age":7}')).marks == {g.JSON_RIGHT: True, g.WELL_FORMED: True}
    assert not grade(question, said('{"age": 7}.')).marks[g.JSON_RIGHT]


def test_memory_is_the_last_turn_alone() -> None:
    question = saying("chat.recall", "Your cat is Tom.")
    assert g.MEMORY in grade(question, said("")).marks
    assert g.MEMORY not in grade(replace(question, last=False), said("")).marks


def test_no_json_is_right_where_the_expected_is_broken() -> None:
    assert not grade(saying("json.age", "broken", schema=SCHEMA), said("broken")).marks[g.JSON_RIGHT]


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (said("yes", finish="length"), "finish reason length"),
        (said("yes <tool_call>"), "<tool_call in the answer"),
        (said("</think> yes"), "</think in the answer"),
        (said("<function=weather>"), "<function in the answer"),
        (said(" "), "neither an answer nor a call"),
        (said("yes", reasoning="hm"), "a thought with thinking off"),
        (called('{"city": "Bern"}', name="clock"), "no tool is called clock"),
        (called('["Bern"]'), "arguments of weather are no JSON object"),
        (called('{"city": "Bern"'), "arguments of weather are no JSON object"),
        (called('{"city": 3}'), "arguments of weather break its schema"),
        (called("{}"), "arguments of weather break its schema"),
        (Reply(error="HTTP 400: no"), "HTTP 400: no"),
    ],
)
def test_malformed_turns(reply: Reply, fault: str) -> None:
    verdict = grade(BERN, reply)
    assert verdict.faults == (fault,)
    assert verdict.marks[g.WELL_FORMED] is False
    assert not verdict.right


def test_thoughts_must_be_there_and_clean() -> None:
    question = replace(saying("chat.hello", "Hello!"), thinking=True)
    assert grade(question, said("Hello!", reasoning="They greet.")).right
    assert grade(question, said("Hello!")).faults == ("no thought",)
    assert grade(question, said("Hello!", reasoning="<think>hm")).faults == ("<think in the thought",)


def test_a_wrong_turn_can_be_well_formed() -> None:
    verdict = grade(BERN, called('{"city": "Rome"}'))
    assert verdict.faults == ()
    assert verdict.marks == {g.SINGLE: False, g.WELL_FORMED: True}


def test_history_goes_out_in_the_form_of_the_wire() -> None:
    message = {
        "role": "assistant",
        "reasoning_content": "hm",
        "tool_calls": [call(city="Bern"), call(city="Rom")],
    }
    assert wire(message, 1) == {
        "role": "assistant",
        "content": "",
        "reasoning": "hm",
        "tool_calls": [
            {
                "id": "call_2",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city": "Bern"}'},
            },
            {
                "id": "call_3",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"city": "Rom"}'},
            },
        ],
    }
    result = wire({"role": "tool", "content": "dry"}, 2)
    assert result == {"role": "tool", "content": "dry", "tool_call_id": "call_2"}


def test_a_question_holds_what_came_before_it() -> None:
    question = after('{"sky": "dry"}', "It is dry.")
    assert [message["role"] for message in question.body["messages"]] == ["user", "assistant", "tool"]
    assert question.body["reasoning"] == {"enabled": False}
    assert question.body["tools"] == [WEATHER]
    assert question.asked == "please"


def test_the_schema_belongs_to_the_last_turn() -> None:
    first = {"role": "assistant", "content": "Go on."}
    last = {"role": "assistant", "content": '{"age": 7}'}
    one, two = turns("json.later", first, {"role": "user", "content": "now"}, last, schema=SCHEMA)
    assert one.schema is None
    assert "response_format" not in one.body
    form = {"name": "answer", "strict": True, "schema": SCHEMA}
    assert two.body["response_format"] == {"type": "json_schema", "json_schema": form}


def test_a_completion_is_read() -> None:
    function = {"name": "weather", "arguments": "{}"}
    message = {"content": None, "reasoning": "hm", "tool_calls": [{"function": function}]}
    usage = {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 3}}
    assert read({"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": usage}) == Reply(
        reasoning="hm", calls=(("weather", "{}"),), finish="tool_calls", reasoning_tokens=3, output_tokens=9
    )
