"""Real clients, the real command and engine, and what the demo model says by itself."""

from __future__ import annotations

import pytest

from support.clients.base import Client, Seen
from support.clients.schemas import WEATHER, function, json_format

pytestmark = pytest.mark.engine

SERVED = "nemotron-runtime/embedded-demo"
TIMER = function("set_timer", "Set a timer for some minutes", minutes={"type": "integer"})
TOOLS = [WEATHER, TIMER]
PERSON = json_format("person", name={"type": "string"}, age={"type": "integer"}, city={"type": "string"})
GREEDY = {"temperature": 0, "max_tokens": 300}
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def called(seen: Seen) -> list[tuple[str, object]]:
    return [(call.name, call.values) for call in seen.calls]


@streams
def test_it_thinks_and_then_answers(live_client: Client, stream):
    seen = live_client.ask("Who are you?", stream=stream, **GREEDY)
    assert (seen.error, seen.model, seen.finish) == (None, SERVED, "stop")
    assert "demonstration model" in seen.text
    assert seen.reasoning
    assert "think>" not in seen.text + seen.reasoning
    assert (seen.pieces > 3) is stream
    check_usage(seen)
    assert seen.usage.reasoning > 0


@streams
def test_it_answers_at_once_where_thinking_is_off(live_client: Client, stream):
    seen = live_client.ask("Who are you?", stream=stream, reasoning={"effort": "none"}, **GREEDY)
    assert (seen.error, seen.finish, seen.reasoning) == (None, "stop", "")
    assert "demonstration model" in seen.text
    check_usage(seen)


@streams
def test_a_call_and_the_answer_from_its_result(live_client: Client, stream):
    first, second = live_client.turns("What is the weather in Paris?", stream=stream, tools=TOOLS, **GREEDY)
    assert called(first) == [("get_weather", {"city": "Paris"})]
    assert first.finish == "tool_calls"
    assert first.reasoning
    check_usage(first)
    assert (second.error, second.calls, second.finish) == (None, (), "stop")
    assert "Paris" in second.text
    assert second.usage.prompt > first.usage.prompt


@streams
def test_an_argument_keeps_its_type(live_client: Client, stream):
    seen = live_client.ask("Set a timer for 12 minutes.", stream=stream, tools=TOOLS, **GREEDY)
    assert called(seen) == [("set_timer", {"minutes": 12})]


@streams
def test_two_calls_in_one_turn(live_client: Client, stream):
    first, second = live_client.turns(
        "What is the weather in Paris and in Oslo?", stream=stream, tools=TOOLS, **GREEDY
    )
    assert called(first) == [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Oslo"})]
    assert len({call.id for call in first.calls}) == 2
    assert (second.error, second.calls) == (None, ())
    assert second.text.startswith("The result is: Result for ")  # of one city: the model often leaves one out
    assert second.usage.prompt > first.usage.prompt


def test_no_call_where_no_tool_fits(live_client: Client):
    seen = live_client.ask("Hello", stream=False, tools=TOOLS, **GREEDY)
    assert (seen.calls, seen.finish) == ((), "stop")
    assert seen.text.startswith("Hello")


@streams
def test_json_behind_a_thought(live_client: Client, stream):
    seen = live_client.structured(
        "Ben is 42 years old and lives in Paris. Give me JSON with the name, age and city.",
        stream=stream,
        response_format=PERSON,
        **GREEDY,
    )
    assert seen.value == {"name": "Ben", "age": 42, "city": "Paris"}
    assert seen.reasoning
    assert seen.finish == "stop"


def test_it_remembers_the_turn_before(live_client: Client):
    first, second = live_client.turns("My name is Mia.", then="What is my name?", stream=False, **GREEDY)
    assert first.finish == "stop"
    assert "Mia" in second.text


def check_usage(seen: Seen) -> None:
    usage = seen.usage
    assert usage.prompt > 0
    assert 0 < usage.completion <= GREEDY["max_tokens"]
    assert 0 <= usage.reasoning <= usage.completion
    assert (usage.reasoning > 0) or not seen.reasoning
