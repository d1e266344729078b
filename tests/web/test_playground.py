"""The playground in a browser, over the real route and a scripted engine."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from support.app import Running, scripted_server
from support.clients.plays import AFTER_RESULTS, BEFORE_CALLS, HELLO, THOUGHT

pytestmark = pytest.mark.node

MARKED = "<img src=x onerror=broken=1><script>broken=1</script>"
DEMO = "nemotron-runtime/embedded-demo"


@pytest.fixture(scope="module")
def marked(demo) -> Iterator[Running]:
    with scripted_server(demo, [f"A thought of {MARKED}\n</think>\n{MARKED}"]) as running:
        yield running


def test_thought_call_result_answer(browse, fresh, shots):
    browse(
        "toolLoop",
        fresh.url,
        prompt="weather",
        calls=["get_weather", "get_weather"],
        results=['{"temperature_c": 21}', '{"temperature_c": 4}'],
        thought=THOUGHT,
        before=BEFORE_CALLS,
        after=AFTER_RESULTS,
        shots=shots,
    )


def test_plain_answer(browse, fresh):
    browse("asks", fresh.url, prompt="hello", text=HELLO)


def test_text_of_the_model_and_the_user_stays_text(browse, marked):
    browse("asks", marked.url, prompt=MARKED, text=MARKED)


def test_stop_ends_the_generation(browse, fresh):
    before = len(fresh.engine.requests)
    browse("stops", fresh.url, prompt="hangs", half="Half an", next="and now?", text="Bye.")
    hung = fresh.engine.requests[before].request_id
    fresh.wait(lambda: hung in fresh.engine.aborted)


def test_early_error_is_shown_whole(browse, fresh):
    parts = ["503", "The queue is full. Please try again later.", '"error_type": "provider_overloaded"']
    browse("fails", fresh.url, prompt="full", parts=parts, allow=["503"])


def test_late_error_is_shown_whole(browse, fresh):
    browse("fails", fresh.url, prompt="breaks", parts=["502", '"error"', '"metadata"'])


def test_parameters_and_code(browse, fresh):
    tools = [{"type": "function", "function": {"name": "nothing", "parameters": {"type": "object"}}}]
    browse(
        "parameters",
        fresh.url,
        prompt="hello",
        settings={
            "temperature": "0.5",
            "max_tokens": "200",
            "stop, one a line": "NEVER\nEVER",
            "Tools, as JSON": json.dumps(tools),
        },
        choices={"Reasoning effort": "low", "tool_choice": "auto"},
        sent={
            "model": DEMO,
            "temperature": 0.5,
            "max_tokens": 200,
            "stop": ["NEVER", "EVER"],
            "reasoning": {"effort": "low"},
            "tools": tools,
            "tool_choice": "auto",
        },
    )


def test_wrong_tools_are_named(browse, fresh):
    browse("wrongTools", fresh.url)


def test_only_listed_parameters_are_offered(browse, fresh):
    offered = browse("offers", fresh.url, listed=["seed", "temperature", "tools", "a_new_one"])
    assert offered == ["temperature", "seed", "Tools, as JSON", "tool_choice"]
