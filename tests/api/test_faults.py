"""What an error says: the path in the body, and what was expected there."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from nemotron_runtime.api import faults
from nemotron_runtime.api.body import chat_request
from nemotron_runtime.errors import EngineOverloaded, InvalidRequest
from support.server import serve

USER = {"role": "user", "content": "hi"}
EFFORTS = '"max"|"xhigh"|"high"|"medium"|"low"|"minimal"|"none"'
ROLES = '"system"|"developer"|"user"|"assistant"|"tool"'


def message(body: dict[str, Any]) -> str:
    with pytest.raises(InvalidRequest) as caught:
        chat_request(body)
    return caught.value.message


def said(**fields: Any) -> str:
    return message({"messages": [USER], **fields})


WRONG = [
    ({"temperature": "1"}, "temperature: Invalid input: expected number, received string"),
    ({"temperature": True}, "temperature: Invalid input: expected number, received boolean"),
    ({"temperature": 3}, "temperature: Too big: expected number to be <=2"),
    ({"temperature": -1}, "temperature: Too small: expected number to be >=0"),
    ({"top_p": 0}, "top_p: Too small: expected number to be >0"),
    ({"max_tokens": 1.5}, "max_tokens: Invalid input: expected integer, received number"),
    ({"max_tokens": {}}, "max_tokens: Invalid input: expected integer, received object"),
    ({"seed": 2**63}, "seed: Too big: expected number to be <9223372036854775808"),
    ({"stream": 1}, "stream: Invalid input: expected boolean, received number"),
    ({"model": []}, "model: Invalid input: expected string, received array"),
    ({"session_id": "a" * 257}, "session_id: Too big: expected string to have <=256 characters"),
    ({"logit_bias": {"7": 101}}, "logit_bias.7: Too big: expected number to be <=100"),
    ({"metadata": {str(i): "" for i in range(17)}}, "metadata: Too big: expected object to have <=16 keys"),
    ({"metadata": {"a": None}}, "metadata.a: Invalid input: expected string, received null"),
    ({"reasoning": "high"}, "reasoning: Invalid input: expected object, received string"),
    ({"reasoning": {"effort": "x"}}, f"reasoning.effort: Invalid option: expected one of {EFFORTS}"),
    ({"reasoning_effort": 1}, f"reasoning_effort: Invalid option: expected one of {EFFORTS}"),
    ({"tools": {}}, "tools: Invalid input: expected array, received object"),
    ({"tools": [{"function": {"name": "f"}}]}, "tools.0.type: Required"),
    (
        {"tools": [{"type": "function", "function": {"name": ""}}]},
        "tools.0.function.name: Too small: expected string to have >=1 characters",
    ),
    (
        {"tools": [{"type": "function", "function": {"name": "a b"}}]},
        r"tools.0.function.name: Invalid string: must match pattern ^[^\s<>=]+$",
    ),
    ({"plugins": [{"id": "web"}, {}]}, "plugins.1.id: Required"),
    ({"provider": {"onyl": []}}, "provider.onyl: Unrecognized key"),
    (
        {"provider": {"max_price": {"prompt": "-1"}}},
        "provider.max_price.prompt: Invalid input: expected a price of 0 or more",
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": []}}},
        "response_format.json_schema.schema: Invalid input: expected object, received array",
    ),
]
UNIONS = [
    ({"stop": 1}, "stop: Invalid input: expected string or array, received number"),
    ({"stop": ["a", 1]}, "stop.1: Invalid input: expected string, received number"),
    ({"stop": ["a"] * 5}, "stop: Too big: expected array to have <=4 items"),
    ({"provider": {"sort": 1}}, "provider.sort: Invalid input: expected string or object, received number"),
    (
        {"provider": {"preferred_max_latency": {"p50": "x"}}},
        "provider.preferred_max_latency.p50: Invalid input: expected number, received string",
    ),
    ({"tool_choice": "any"}, 'tool_choice: Invalid option: expected one of "none"|"auto"|"required"'),
    ({"tool_choice": {"type": "function"}}, "tool_choice.function: Required"),
    (
        {"tool_choice": {"type": "function", "function": {"name": 1}}},
        "tool_choice.function.name: Invalid input: expected string, received number",
    ),
    ({"tool_choice": {"type": "x"}}, 'tool_choice.type: Invalid option: expected one of "function"'),
    ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice.allowed_tools: Required"),
]
MESSAGES = [
    ([], "messages: Too small: expected array to have >=1 items"),
    ("hi", "messages: Invalid input: expected array, received string"),
    ([USER, {"role": "x"}], f"messages.1.role: Invalid option: expected one of {ROLES}"),
    ([{"content": "x"}], f"messages.0.role: Invalid option: expected one of {ROLES}"),
    ([{"role": "user"}], "messages.0.content: Required"),
    (
        [{"role": "user", "content": None}],
        "messages.0.content: Invalid input: expected string, received null",
    ),
    ([{"role": "user", "content": [{"type": "text"}]}], "messages.0.content.0.text: Required"),
    (
        [{"role": "user", "content": [{"type": "smell"}]}],
        'messages.0.content.0.type: Invalid option: expected one of "text"',
    ),
    (
        [{"role": "user", "content": [{"type": "text", "text": 1}]}],
        "messages.0.content.0.text: Invalid input: expected string, received number",
    ),
    ([{"role": "tool", "content": "x"}], "messages.0.tool_call_id: Required"),
    ([{"role": "assistant", "tool_calls": [{}]}], "messages.0.tool_calls.0.function: Required"),
    (
        [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": 1}}]}],
        "messages.0.tool_calls.0.function.arguments: "
        "Invalid input: expected string or object, received number",
    ),
]


@pytest.mark.parametrize(("fields", "expected"), WRONG + UNIONS)
def test_a_wrong_field_is_named_by_its_path(fields, expected):
    assert said(**fields) == expected


@pytest.mark.parametrize(("messages", "expected"), MESSAGES)
def test_a_wrong_message_is_named_by_its_path(messages, expected):
    assert message({"messages": messages}) == expected


@pytest.mark.parametrize("body", [{}, {"messages": None}, {"model": "x"}])
def test_without_messages(body):
    assert message(body) == 'Input required: specify "prompt" or "messages"'


def test_a_long_key_of_the_client_is_not_echoed_whole():
    assert len(said(metadata={"k" * 10_000: "v"})) < 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["messages", "stop", "tools", "tool_choice", "provider", "reasoning", "logit_bias"])


def refusal(body: dict[str, Any]) -> str | None:
    try:
        chat_request(body)
    except InvalidRequest as fault:
        return fault.message
    return None


@given(st.dictionaries(NAMES, JSON, max_size=3))
def test_any_json_is_a_request_or_an_error_with_a_path_into_it(fields):
    body = {"messages": [USER]} | fields
    if refused := refusal(body):
        assert refused.startswith((*body, "Input required"))
        assert "pydantic" not in refused


@pytest.fixture(scope="module")
def url():
    app = FastAPI()
    faults.install(app)

    @app.get("/fault")
    async def fault() -> None:
        raise EngineOverloaded("full", retry_after_s=7)

    @app.get("/bug")
    async def bug() -> None:
        raise ZeroDivisionError("secret of the inside")

    @app.get("/http")
    async def http() -> None:
        raise HTTPException(418, "teapot", {"X-Own": "1"})

    with serve(app) as address:
        yield address


@pytest.mark.parametrize(
    ("method", "path", "status", "kind", "text"),
    [
        ("GET", "/fault", 503, "provider_overloaded", "full"),
        ("GET", "/bug", 500, "server", "Internal Server Error"),
        ("GET", "/none", 404, "not_found", "No route for GET /none"),
        ("POST", "/fault", 405, "invalid_request", "POST is not allowed here"),
    ],
)
def test_every_error_leaves_in_the_same_envelope(url, method, path, status, kind, text):
    answer = httpx.request(method, url + path)
    assert answer.status_code == status
    assert answer.json() == {
        "error": {"message": text, "code": status, "metadata": {"error_type": kind}},
    }


def test_an_overload_says_when_to_come_back(url):
    assert httpx.get(f"{url}/fault").headers["retry-after"] == "7"
