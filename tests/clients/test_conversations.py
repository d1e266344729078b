"""Conversations through real clients: what a scripted engine says arrives, and what goes back, too."""

from __future__ import annotations

import pytest

from support.clients.base import Client, result_of
from support.clients.plays import AFTER_RESULTS, BEFORE_CALLS, CITIES, CITY, HELLO, THOUGHT
from support.clients.schemas import CITY_FORMAT, WEATHER

SERVED = "nemotron-runtime/embedded-demo"
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@streams
def test_text_and_reasoning_arrive_apart(client: Client, stage, stream):
    seen = client.ask("hello", stream=stream)
    assert (seen.text, seen.reasoning) == (HELLO, THOUGHT)
    assert (seen.finish, seen.model, seen.error) == ("stop", SERVED, None)
    assert (seen.pieces > 10) is stream


@streams
def test_usage_and_cost_arrive(client: Client, stage, stream):
    usage = client.ask("hello", stream=stream).usage
    sent = stage.running.engine.requests[-1].prompt_token_ids
    said = stage.running.records.all[-1].usage
    assert (usage.prompt, usage.completion) == (len(sent), said.completion_tokens)
    assert 0 < usage.reasoning < usage.completion
    assert usage.cost == pytest.approx(usage.prompt * 6e-8 + usage.completion * 24e-8)


@streams
def test_parallel_calls_and_their_results(client: Client, stage, stream):
    """Two calls arrive, their results go back, and with them the reasoning, byte by byte."""
    first, second = client.turns("weather", stream=stream, tools=[WEATHER])
    assert [(call.name, call.values) for call in first.calls] == [
        ("get_weather", {"city": city}) for city in CITIES
    ]
    assert len({call.id for call in first.calls}) == 2
    assert (first.text, first.reasoning, first.finish) == (BEFORE_CALLS, THOUGHT, "tool_calls")
    assert (second.text, second.finish, second.calls) == (AFTER_RESULTS, "stop", ())

    prompt = stage.prompt()
    assert f"<think>\n{THOUGHT}\n</think>\n{BEFORE_CALLS}" in prompt
    for city, call in zip(CITIES, first.calls, strict=True):
        assert f"<parameter=city>\n{city}\n</parameter>" in prompt
        assert f"<tool_response>\n{result_of(call.arguments)}\n</tool_response>" in prompt


@streams
def test_reasoning_goes_back_in_a_conversation(client: Client, stage, stream):
    """Thoughts of earlier turns are in the prompt only where a request asks for them."""
    _, second = client.turns("hello", then="and now?", stream=stream)
    assert second.text == "Bye."
    assert THOUGHT not in stage.prompt()
    assert HELLO in stage.prompt()


@streams
def test_reasoning_of_all_turns(client: Client, stage, stream):
    client.turns("hello", then="and now?", stream=stream, reasoning={"context": "all_turns"})
    passes_it_on = not client.name.startswith("openrouter")  # these know no reasoning.context
    assert (f"<think>\n{THOUGHT}\n</think>\n{HELLO}<|im_end|>" in stage.prompt()) is passes_it_on


@streams
def test_structured_output(client: Client, stage, stream):
    seen = client.structured("city", stream=stream, response_format=CITY_FORMAT)
    assert seen.value == CITY
    assert (seen.reasoning, seen.finish) == (THOUGHT, "stop")
    assert stage.running.engine.requests[-1].sampling.grammar is not None


@streams
def test_settings_reach_the_engine(client: Client, stage, stream):
    client.ask("hello", stream=stream, max_tokens=500, temperature=0.25, seed=7)
    sampling = stage.running.engine.requests[-1].sampling
    assert (sampling.max_tokens, sampling.temperature, sampling.seed) == (500, 0.25, 7)


@streams
def test_a_cut_answer_says_so(client: Client, stage, stream):
    seen = client.ask("hello", stream=stream, max_tokens=5)
    assert (seen.finish, seen.usage.completion, seen.text) == ("length", 5, "")
    assert THOUGHT.startswith(seen.reasoning)


@streams
def test_no_reasoning_where_it_is_off(client: Client, stage, stream):
    """`effort` is the one switch that every client passes on."""
    client.ask("and now?", stream=stream, reasoning={"effort": "none"})
    assert stage.prompt().endswith("<think></think>")
