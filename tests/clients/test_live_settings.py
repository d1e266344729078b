"""Real clients, the real command and engine: what a request's fields force, whatever the model would say."""

from __future__ import annotations

import json

import pytest
from jsonschema import validate

from support.clients.base import Client
from support.clients.schemas import function, json_format

pytestmark = pytest.mark.engine

STATE = {
    "colour": {"enum": ["red", "green", "blue"]},
    "on": {"type": "boolean"},
    "level": {"type": "integer", "minimum": 0, "maximum": 9},
}
TOOLS = [function("set_lamp", **STATE), function("turn", direction={"enum": ["left", "right"]})]
FORMAT = json_format("lamp", **STATE)
SCHEMAS = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}
SHORT = {"max_tokens": 200, "reasoning": {"effort": "minimal"}, "seed": 11}
"""Room for an answer of a bounded form behind a short thought."""


def test_calls_are_held_and_answered(live_client: Client):
    first, second = live_client.turns(
        "What a day!",
        stream=False,
        tools=TOOLS,
        tool_choice="required",
        later={"tool_choice": "none"},
        parallel_tool_calls=False,
        **SHORT,
    )
    (call,) = first.calls
    validate(call.values, SCHEMAS[call.name])
    assert first.finish == "tool_calls"
    assert (second.error, second.calls) == (None, ())
    assert second.usage.prompt > first.usage.prompt


def test_a_named_tool_is_called(live_client: Client):
    choice = {"type": "function", "function": {"name": "turn"}}
    seen = live_client.ask("Set the lamp!", stream=False, tools=TOOLS, tool_choice=choice, **SHORT)
    assert {call.name for call in seen.calls} == {"turn"}
    validate(seen.calls[0].values, SCHEMAS["turn"])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_structured_output_parses(live_client: Client, stream):
    seen = live_client.structured("A lamp?", stream=stream, response_format=FORMAT, **SHORT)
    validate(seen.value, FORMAT["json_schema"]["schema"])
    assert seen.finish == "stop"
    assert 0 < seen.usage.completion <= SHORT["max_tokens"]


def test_a_seed_repeats(live_client: Client):
    """Also where the prompt is long enough to be computed in parts."""

    def said(seed: int) -> str:
        seen = live_client.ask("Once more! " * 100, stream=True, max_tokens=24, temperature=2, seed=seed)
        assert seen.error is None
        return json.dumps([seen.reasoning, seen.text])

    assert said(5) == said(5)
    assert said(5) != said(6)
