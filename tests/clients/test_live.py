"""Real clients, the real command and engine. The weights are random: only the form of an answer is sure."""

from __future__ import annotations

import json

import pytest
from jsonschema import validate

from support.clients.base import Client, Seen
from support.clients.schemas import function, json_format

pytestmark = pytest.mark.engine

SERVED = "nemotron-runtime/embedded-demo"
STATE = {
    "colour": {"enum": ["red", "green", "blue"]},
    "on": {"type": "boolean"},
    "level": {"type": "integer", "minimum": 0, "maximum": 9},
}
TOOLS = [function("set_lamp", **STATE), function("turn", direction={"enum": ["left", "right"]})]
FORMAT = json_format("lamp", **STATE)
SCHEMAS = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}
SHORT = {"max_tokens": 160, "reasoning": {"effort": "minimal"}, "seed": 11}
"""Room for an answer of a bounded form behind a short thought."""


def test_text_arrives(live_client: Client):
    seen = live_client.ask("Hello!", stream=True, max_tokens=48, reasoning={"effort": "low"}, seed=3)
    assert (seen.error, seen.model) == (None, SERVED)
    assert seen.text + seen.reasoning
    check_usage(seen, at_most=48)
    assert seen.pieces > 1


def test_calls_are_held_and_answered(live_client: Client):
    first, second = live_client.turns(
        "Turn on the lamp.",
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
    check_usage(first, at_most=160)
    assert (second.error, second.calls) == (None, ())
    assert second.usage.prompt > first.usage.prompt


def test_a_named_tool_is_called(live_client: Client):
    choice = {"type": "function", "function": {"name": "turn"}}
    seen = live_client.ask("Turn!", stream=False, tools=TOOLS, tool_choice=choice, **SHORT)
    assert {call.name for call in seen.calls} == {"turn"}
    validate(seen.calls[0].values, SCHEMAS["turn"])


def test_parallel_calls_are_answered(live_client: Client):
    """The weights like to end after one call, so the bias is against the two tokens that end a turn."""
    for seed in range(12):
        first, second = live_client.turns(
            "Turn on the lamp.",
            stream=True,
            tools=TOOLS,
            tool_choice="required",
            later={"tool_choice": "none"},
            logit_bias={"11": -100, "2": -1.5},
            max_tokens=300,
            reasoning={"effort": "none"},
            seed=seed,
        )
        if first.finish == "tool_calls" and len(first.calls) > 1:
            break
    else:
        pytest.fail("no seed makes two calls")
    for call in first.calls:
        validate(call.values, SCHEMAS[call.name])
    assert len({call.id for call in first.calls}) == len(first.calls)
    assert (second.error, second.calls) == (None, ())
    assert second.usage.prompt > first.usage.prompt


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_structured_output_parses(live_client: Client, stream):
    seen = live_client.structured("A lamp?", stream=stream, response_format=FORMAT, **SHORT)
    validate(seen.value, FORMAT["json_schema"]["schema"])
    assert seen.finish == "stop"
    check_usage(seen, at_most=160)


def test_a_seed_repeats(live_client: Client):
    """Also where the prompt is long enough to be computed in parts."""

    def said(seed: int) -> str:
        seen = live_client.ask("Once more! " * 100, stream=True, max_tokens=24, temperature=1, seed=seed)
        assert seen.error is None
        return json.dumps([seen.reasoning, seen.text])

    assert said(5) == said(5)
    assert said(5) != said(6)


def check_usage(seen: Seen, *, at_most: int) -> None:
    usage = seen.usage
    assert usage.prompt > 0
    assert 0 < usage.completion <= at_most
    assert 0 <= usage.reasoning <= usage.completion
    assert (usage.reasoning > 0) or not seen.reasoning
