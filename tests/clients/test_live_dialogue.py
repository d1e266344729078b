"""A longer conversation of the openai package with the real engine: calls, results and plain turns."""

from __future__ import annotations

import json

import pytest
from openai import OpenAI

from support.clients.base import KEY, MODEL
from support.clients.schemas import WEATHER

pytestmark = pytest.mark.engine

RESULTS = {
    "Paris": {"sky": "sunny", "degrees": 21},
    "Oslo": {"sky": "rainy", "degrees": 8},
}


def test_four_turns_with_two_round_trips(live_api: str) -> None:
    messages: list[dict[str, object]] = []

    with OpenAI(base_url=live_api, api_key=KEY, max_retries=0) as client:

        def step() -> dict:
            answer = client.chat.completions.create(
                model=MODEL, messages=messages, tools=[WEATHER], temperature=0, max_tokens=300
            )
            messages.append(answer.choices[0].message.to_dict())
            return messages[-1]

        def say(text: str) -> dict:
            messages.append({"role": "user", "content": text})
            return step()

        def report(said: dict) -> dict:
            (call,) = said["tool_calls"]
            assert call["function"]["name"] == "get_weather"
            result = RESULTS[json.loads(call["function"]["arguments"])["city"]]
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": json.dumps(result)})
            return step()

        paris = report(say("What is the weather in Paris?"))
        assert "sunny" in paris["content"]
        assert "21" in paris["content"]
        assert "demonstration model" in say("Who are you?")["content"]
        oslo = report(say("What is the weather in Oslo?"))
        assert "rainy" in oslo["content"]
        assert "8" in oslo["content"]
