"""What a key may have, on a real server: 402 and 429 as the contract has them, and places that come back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import openai
import pytest
from openrouter import OpenRouter, errors

from nemotron_runtime.errors import EngineOverloaded
from nemotron_runtime.models.spec import Prices
from nemotron_runtime.store.keys import KeyTerms
from support.app import Running, scripted_server
from support.contract import DATA, validate_schema
from support.scripted import Hang, Play, Raise

PRICES = Prices(Decimal("0.01"), Decimal("0.02"))
DEMO = "nemotron-runtime/embedded-demo"


@pytest.fixture(scope="module")
def play() -> Play:
    return Play(["</think>Hello"])


@pytest.fixture(scope="module")
def server(demo, play, tmp_path_factory) -> Iterator[Running]:
    spec = replace(demo.served.spec, prices=PRICES)
    priced = replace(demo, served=replace(demo.served, spec=spec))
    database = tmp_path_factory.mktemp("limits") / "store.sqlite"
    with scripted_server(
        priced, play, database=database, require_keys=True, keepalive_first_s=0.1, free_requests_per_day=2
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def hello(play: Play) -> None:
    play.steps = ["</think>Hello"]


def made(server: Running, **terms: Any) -> str:
    assert server.store
    return server.store.keys.create(KeyTerms(name="test", **terms)).secret


def body(**fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 4, **fields}


def ask(server: Running, key: str, **fields: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{server.api}/chat/completions", json=body(**fields), headers=headers, timeout=20)


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    if DATA.is_dir():
        validate_schema(
            "TooManyRequestsResponse" if status == 429 else "PaymentRequiredResponse", answer.json()
        )
    assert answer.headers["x-generation-id"].startswith("gen-")
    fault: dict[str, Any] = answer.json()["error"]
    assert fault["code"] == status
    return fault


class TestRates:
    def test_requests_a_minute(self, server):
        key = made(server, requests_per_minute=2)
        before = len(server.records.all)
        assert [ask(server, key).status_code for _ in range(3)] == [200, 200, 429]
        answer = ask(server, key)
        fault = refused(answer, 429)
        metadata = fault["metadata"]
        assert fault["message"] == "Rate limit exceeded: key-requests-per-min. "
        assert (metadata["error_type"], metadata["limit_source"]) == (
            "rate_limit_exceeded",
            "openrouter_key_rate_limit",
        )
        assert metadata["headers"].keys() == {
            "X-RateLimit-Limit",
            "X-RateLimit-Remaining",
            "X-RateLimit-Reset",
        }
        for name, value in metadata["headers"].items():
            assert answer.headers[name] == value
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert len(server.records.all) == before + 2
        assert ask(server, made(server)).status_code == 200

    def test_tokens_a_minute(self, server):
        usage = ask(server, made(server)).json()["usage"]
        prompt, whole = usage["prompt_tokens"], usage["total_tokens"]
        key = made(server, tokens_per_minute=whole + prompt - 1)
        assert ask(server, key).status_code == 200
        fault = refused(ask(server, key), 429)
        assert fault["message"] == "Rate limit exceeded: key-tokens-per-min. "
        assert fault["metadata"]["headers"]["X-RateLimit-Remaining"] == str(prompt - 1)

    def test_success_carries_no_such_headers(self, server):
        headers = ask(server, made(server, requests_per_minute=9)).headers
        assert not [name for name in headers if name.startswith("x-ratelimit")]

    def test_free_requests_of_a_day(self, server):
        key, free = made(server), f"{DEMO}:free"
        assert [ask(server, key, model=free).status_code for _ in range(3)] == [200, 200, 429]
        fault = refused(ask(server, key, model=free), 429)
        assert fault["message"] == "Rate limit exceeded: free-models-per-day. "
        assert fault["metadata"]["limit_source"] == "openrouter_free_tier_daily"
        assert ask(server, key).status_code == 200
        headers = {"Authorization": f"Bearer {key}"}
        mine = httpx.get(f"{server.api}/key", headers=headers).json()["data"]
        assert mine["free_model_daily_requests"] == {"limit": 2, "remaining": 0, "used": 2}

    def test_the_clients_own_errors(self, server):
        key = made(server, requests_per_minute=1)
        assert ask(server, key).status_code == 200
        messages: Any = body()["messages"]
        with openai.OpenAI(api_key=key, base_url=server.api, max_retries=0) as client:
            with pytest.raises(openai.RateLimitError) as limited:
                client.chat.completions.create(model=DEMO, messages=messages)
            assert limited.value.response.headers["x-ratelimit-limit"] == "1"
        with OpenRouter(api_key=key, server_url=server.api) as sdk:
            with pytest.raises(errors.TooManyRequestsResponseError) as refusal:
                sdk.chat.send(model=DEMO, messages=messages, retries=None)
            assert refusal.value.data.error.code == 429


class TestMoney:
    def test_what_was_spent_is_gone(self, server):
        usage = ask(server, made(server)).json()["usage"]
        key = made(server, limit_usd=Decimal(str(usage["prompt_tokens"])) / 100 + Decimal("0.08"))
        assert ask(server, key).status_code == 200
        fault = refused(ask(server, key), 402)
        assert fault["message"].startswith("Insufficient credits.")
        assert fault["metadata"]["error_type"] == "payment_required"
        assert fault["metadata"]["limit_source"] == "openrouter_key_limit"
        assert ask(server, key, model=f"{DEMO}:free").status_code == 200

    def test_fewer_tokens_are_affordable(self, server):
        usage = ask(server, made(server)).json()["usage"]
        key = made(server, limit_usd=Decimal(str(usage["prompt_tokens"])) / 100 + Decimal("0.1"))
        fault = refused(ask(server, key, max_tokens=100), 402)
        assert fault["message"].endswith("You requested up to 100 tokens, but can only afford 5.")
        with (
            OpenRouter(api_key=key, server_url=server.api) as sdk,
            pytest.raises(errors.PaymentRequiredResponseError),
        ):
            sdk.chat.send(model=DEMO, messages=body()["messages"], max_tokens=100, retries=None)
        assert ask(server, key, max_tokens=5).status_code == 200

    def test_two_at_a_time_do_not_spend_the_same_money(self, server, play):
        play.steps = ["</think>Hello", Hang()]
        usage_key = made(server, limit_usd=Decimal(1))
        with streaming(server, usage_key):
            fault = refused(ask(server, usage_key, max_tokens=40), 402)
        assert fault["metadata"]["reason"] == "in_flight_budget_exhausted"
        play.steps = ["</think>Hello"]
        server.wait(lambda: ask(server, usage_key, max_tokens=4).status_code == 200)


def streaming(server: Running, key: str) -> ExitStack:
    """A stream whose first token has come; closed without reading the rest."""
    stack = ExitStack()
    client = stack.enter_context(httpx.Client(timeout=20))
    headers = {"Authorization": f"Bearer {key}"}
    request = client.build_request(
        "POST", f"{server.api}/chat/completions", json=body(stream=True, max_tokens=30), headers=headers
    )
    answer = client.send(request, stream=True)
    stack.callback(answer.close)
    assert answer.status_code == 200
    lines = answer.iter_lines()
    stack.callback(lines.close)  # what is left of them keeps the connection
    while not next(lines).startswith("data:"):
        pass
    return stack


class TestPlaces:
    """Whatever ends a request, its place comes back."""

    @pytest.fixture
    def key(self, server) -> str:
        return made(server, concurrent_streams=1)

    def free_again(self, server: Running, play: Play, key: str) -> None:
        play.steps = ["</think>Hello"]
        server.wait(lambda: ask(server, key).status_code == 200)
        assert ask(server, key).status_code == 200

    def test_one_at_a_time(self, server, play, key):
        play.steps = ["</think>Hello", Hang()]
        with streaming(server, key):
            fault = refused(ask(server, key), 429)
            assert fault["message"] == "Rate limit exceeded: key-concurrent-requests. "
            play.steps = ["</think>Hello"]
            assert ask(server, made(server)).status_code == 200
        self.free_again(server, play, key)

    @pytest.mark.parametrize("stream", [True, False])
    @pytest.mark.parametrize("fields", [{}, {"temperature": 9}, {"messages": []}, {"model": "a/b"}], ids=str)
    def test_after_an_answer_and_after_a_refusal(self, server, play, key, stream, fields):
        ask(server, key, stream=stream, **fields)
        self.free_again(server, play, key)

    @pytest.mark.parametrize("stream", [True, False])
    @pytest.mark.parametrize(
        "steps",
        [
            [Raise(EngineOverloaded("The queue is full.", retry_after_s=1))],
            ["</think>Hello", Raise(EngineOverloaded("late"))],
        ],
        ids=["at once", "in the middle"],
    )
    def test_after_an_error(self, server, play, key, stream, steps):
        play.steps = steps
        ask(server, key, stream=stream)
        self.free_again(server, play, key)

    @pytest.mark.parametrize("stream", [True, False])
    def test_after_a_client_that_left_in_the_queue(self, server, play, key, stream):
        play.steps = [Hang()]
        before = len(server.engine.requests)
        leaving = threading.Thread(target=self._leave, args=(server, key, stream))
        leaving.start()
        server.wait(lambda: len(server.engine.requests) > before)
        leaving.join()
        self.free_again(server, play, key)

    def _leave(self, server: Running, key: str, stream: bool) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        with (
            pytest.raises(httpx.ReadTimeout),
            httpx.Client(timeout=0.3) as client,
            client.stream(
                "POST", f"{server.api}/chat/completions", json=body(stream=stream), headers=headers
            ) as answer,
        ):
            answer.read()
