"""What the openai package offers above plain requests: parsed answers, and a message grown from a stream."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel, ConfigDict

from support.clients.base import KEY, MODEL
from support.clients.plays import AFTER_RESULTS, CITIES, CITY, THOUGHT


class City(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    large: bool
    districts: list[int]


class GetWeather(BaseModel):
    model_config = ConfigDict(extra="forbid")
    city: str


@pytest.fixture
def client(stage) -> Iterator[OpenAI]:
    with OpenAI(base_url=stage.running.api, api_key=KEY, max_retries=0) as client:
        yield client


def test_parse(client, stage):
    answer = client.chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": "city"}], response_format=City
    )
    assert answer.choices[0].message.parsed == City(**CITY)


def test_a_message_grown_from_a_stream_goes_back(client, stage):
    """The package's own accumulator joins the pieces of reasoning; they arrive as one."""
    tools = [openai.pydantic_function_tool(GetWeather, name="get_weather")]
    messages = [{"role": "user", "content": "weather"}]
    with client.chat.completions.stream(model=MODEL, messages=messages, tools=tools) as stream:
        message = stream.get_final_completion().choices[0].message
    calls = message.tool_calls
    assert [call.function.parsed_arguments for call in calls] == [GetWeather(city=city) for city in CITIES]

    grown = message.to_dict() | {"role": "assistant"}  # it joins the roles, too: every delta has one
    results = [{"role": "tool", "tool_call_id": call.id, "content": "fine"} for call in calls]
    answer = client.chat.completions.create(model=MODEL, messages=[*messages, grown, *results], tools=tools)
    assert answer.choices[0].message.content == AFTER_RESULTS
    assert stage.prompt().count(f"<think>\n{THOUGHT}\n</think>\n") == 1
