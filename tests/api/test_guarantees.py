"""The three guarantees of a request, each on a real server (architecture: the way of a request)."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

from nemotron_runtime.errors import EngineDead, EngineOverloaded, GenerationFailed
from support.app import Running, scripted_server
from support.scripted import End, Hang, Raise, ScriptedEngine, Wait

ASK = {"messages": [{"role": "user", "content": "hi"}], "model": "nvidia/nemotron-3-nano-30b-a3b"}


def post(server: Running, *, timeout: float = 20, **fields: Any) -> httpx.Response:
    return httpx.post(f"{server.api}/chat/completions", json=ASK | fields, timeout=timeout)


def events(text: str) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


EARLY = [
    (Raise(GenerationFailed("no")), 502, "provider_unavailable"),
    (Raise(EngineOverloaded("full", retry_after_s=2)), 503, "provider_overloaded"),
    (Raise(EngineDead("dead")), 503, "provider_unavailable"),
    (End("error"), 502, "provider_unavailable"),
    (End("abort"), 502, "provider_unavailable"),
    (End("repetition"), 502, "provider_unavailable"),
    (Raise(ValueError("a bug")), 500, "server"),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("step", "status", "kind"), EARLY)
def test_early_failure_keeps_its_status(demo, stream, step, status, kind):
    with scripted_server(demo, [step], engine_restarts=9) as server:
        answer = post(server, stream=stream)
        assert answer.status_code == status
        error = answer.json()["error"]
        assert (error["code"], error["metadata"]["error_type"]) == (status, kind)
        assert answer.headers["x-generation-id"].startswith("gen-")
        if status == 503:
            assert int(answer.headers["retry-after"]) > 0
        assert [record.outcome for record in server.records.all] == ["failed"]


def test_failure_after_the_first_comment_is_a_lone_error_chunk(demo):
    script = [Wait(0.4), End("error")]
    with scripted_server(demo, script, keepalive_first_s=0.1, keepalive_interval_s=0.1) as server:
        answer = post(server, stream=True)
        assert answer.status_code == 200
        assert answer.text.startswith(": OPENROUTER PROCESSING\n\n")
        (chunk,) = events(answer.text)
        assert chunk["choices"] == []
        assert chunk["error"]["code"] == 502
        assert chunk["model"] == ASK["model"]
        assert chunk["id"] == answer.headers["x-generation-id"]


@pytest.mark.parametrize("word", ["error", "abort", "repetition"])
def test_failure_after_text_is_an_error_chunk_and_no_done(demo, word):
    with scripted_server(demo, ["</think>", "Hello", End(word)]) as server:
        *before, last = events(post(server, stream=True).text)
        assert "".join(c["choices"][0]["delta"]["content"] or "" for c in before) == "Hello"
        assert last["choices"][0]["finish_reason"] == "error"
        assert last["error"]["code"] == 502
        assert server.records.all[0].error_type == "provider_unavailable"


def test_a_finished_generation_has_one_record(demo):
    with scripted_server(demo, ["thought</think>", "Hello"]) as server:
        body = post(server).json()
        post(server, stream=True)
        first, second = server.records.all
        assert (first.outcome, first.finish_reason, first.streamed) == ("finished", "stop", False)
        assert (second.outcome, second.finish_reason, second.streamed) == ("finished", "stop", True)
        assert first.id == body["id"]
        assert first.usage.completion_tokens == body["usage"]["completion_tokens"]
        assert first.usage.reasoning_tokens == body["usage"]["completion_tokens_details"]["reasoning_tokens"]


LEAVING = {
    "before the first token": [Hang()],
    "in the middle of a thought": ["thin", Hang()],
    "in the middle of an answer": ["</think>Hel", Hang()],
}


@pytest.mark.parametrize("extra", [{}, {"response_format": {"type": "json_object"}}], ids=["text", "json"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("where", LEAVING)
def test_a_client_that_leaves_stops_the_generation(demo, where, stream, extra):
    with scripted_server(demo, LEAVING[where], keepalive_first_s=0.1, keepalive_interval_s=30) as server:
        with pytest.raises(httpx.TimeoutException):
            post(server, timeout=0.7, stream=stream, **extra)
        server.wait(lambda: len(server.engine.aborted) == 1)
        server.wait(lambda: len(server.records.all) == 1)
        assert server.records.all[0].outcome == "cancelled"
        assert server.records.all[0].id == server.engine.aborted[0]


def test_a_client_that_leaves_in_silent_prefill_is_noticed_between_comments(demo):
    """Comments are 30 s apart: only the watch on the connection can notice."""
    with scripted_server(demo, [Hang()], keepalive_first_s=0.1, keepalive_interval_s=30) as server:
        with (
            httpx.Client(timeout=5) as client,
            client.stream("POST", f"{server.api}/chat/completions", json=ASK | {"stream": True}) as answer,
        ):
            assert next(answer.iter_lines()) == ": OPENROUTER PROCESSING"
        server.wait(lambda: server.engine.aborted)


def test_the_death_of_the_engine_reaches_every_request_and_is_mended(demo):
    """Two open streams fail, readiness turns false, a fresh engine answers."""
    built: list[ScriptedEngine] = []

    def build() -> ScriptedEngine:
        script = ["</think>partial", Hang()] if not built else ["</think>new"]
        built.append(ScriptedEngine(demo.tokens, script))
        return built[-1]

    with scripted_server(demo, [], build=build, engine_restarts=2) as server:
        answers: list[str] = []
        threads = [
            threading.Thread(target=lambda: answers.append(post(server, stream=True).text)) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        server.wait(lambda: len(built[0].requests) == 2)
        built[0].dead = True
        for thread in threads:
            thread.join()
        for text in answers:
            last = events(text)[-1]
            assert last["error"]["code"] == 503
            assert last["choices"][0]["finish_reason"] == "error"
        server.wait(lambda: httpx.get(f"{server.url}/ready").status_code == 200 and len(built) == 2)
        assert post(server).json()["choices"][0]["message"]["content"] == "new"
        assert server.lost == []


def test_an_engine_that_dies_too_often_is_given_up(demo):
    def build() -> ScriptedEngine:
        return ScriptedEngine(demo.tokens, ["</think>x"])

    with scripted_server(demo, [], build=build, engine_restarts=0) as server:
        server.engines[0].dead = True
        server.wait(lambda: server.lost == [None])
        ready = httpx.get(f"{server.url}/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "failed")
        assert httpx.get(f"{server.url}/health").status_code == 200
        assert post(server).status_code == 503
