"""Alive, ready, and the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from nemotron_runtime.api.metrics import MetricsRecorder, watch_kernels
from nemotron_runtime.app import Parts, create_app
from nemotron_runtime.engine.supervisor import Supervisor
from nemotron_runtime.settings import Settings
from nemotron_runtime.starting import Start
from support.app import Running, Silent, scripted_server
from support.scripted import End, ScriptedEngine
from support.server import serve

ASK = {"messages": [{"role": "user", "content": "hi"}]}
FAMILIES = {
    "nemotron_generations": "counter",
    "nemotron_tokens": "counter",
    "nemotron_first_token_seconds": "histogram",
    "nemotron_generation_seconds": "histogram",
}


@pytest.fixture(scope="module")
def server(demo) -> Iterator[Running]:
    with scripted_server(demo, ["</think>Hello"]) as running:
        yield running


def test_alive(server):
    answer = httpx.get(f"{server.url}/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_ready_says_what_runs(server):
    answer = httpx.get(f"{server.url}/ready")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["model"], body["demo"]) == ("ready", "nemotron-runtime/embedded-demo", True)
    assert body["engine"]["name"] == "scripted"
    assert body["engine"]["context_tokens"] == 32768
    assert body["engine_start_s"] >= 0
    assert body["engine_deaths"] == 0


def test_ready_says_only_whether_where_keys_are_set(demo):
    with scripted_server(demo, [], api_keys="secret") as server:
        for headers in ({}, {"Authorization": "Bearer secret"}):
            answer = httpx.get(f"{server.url}/ready", headers=headers)
            assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


class Barren(ScriptedEngine):
    """Starts, but generates nothing."""

    async def generate(self, request):
        return
        yield


def test_an_engine_that_generates_nothing_is_never_ready(demo):
    with scripted_server(demo, [], build=lambda: Barren(demo.tokens, [])) as server:
        assert server.lost
        answer = httpx.get(f"{server.url}/ready")
        assert answer.status_code == 503
        assert (answer.json()["status"], answer.json()["engine"]) == ("failed", None)
        assert httpx.get(f"{server.url}/health").status_code == 200
        refused = httpx.post(f"{server.api}/chat/completions", json=ASK)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")


def test_the_numbers(demo):
    """A finished and a failed generation, as a scraper reads them."""
    registry = CollectorRegistry()
    scripts = iter([["thought</think>", "Hello"], ["</think>", End("error")]])
    settings = Settings(log_level="error")
    engine = Supervisor(
        lambda: ScriptedEngine(demo.tokens, lambda request: next(scripts)), restarts=0, probe_token_ids=(20,)
    )
    parts = Parts(settings, demo, engine, MetricsRecorder(registry), registry, Start(Silent()))
    app = create_app(parts, on_engine_lost=lambda error: None)
    with serve(app) as url:
        while httpx.get(f"{url}/ready").status_code != 200:
            pass
        usage = httpx.post(f"{url}/v1/chat/completions", json=ASK).json()["usage"]
        assert httpx.post(f"{url}/v1/chat/completions", json=ASK).status_code == 502
        answer = httpx.get(f"{url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {name: families[name].type for name in FAMILIES} == FAMILIES
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert samples["nemotron_generations_total", "finished", "stop"] == 1
    assert samples["nemotron_generations_total", "failed", "provider_unavailable"] == 1
    assert samples["nemotron_tokens_total", "completion"] > usage["completion_tokens"]
    assert samples["nemotron_tokens_total", "prompt"] == 2 * usage["prompt_tokens"]
    assert samples["nemotron_generation_seconds_count",] == 2
    assert samples["nemotron_first_token_seconds_count",] == 2


def test_layers_that_our_kernels_have_are_counted_as_the_engine_says_now():
    registry, state = CollectorRegistry(), {}
    watch_kernels(registry, lambda: state)

    def layers(of: str) -> float | None:
        return registry.get_sample_value("nemotron_moe_layers", {"of": of})

    assert (layers("nemotron_kernels"), layers("vllm")) == (0, 0)
    state |= {"replaced": 20, "layers": 23}
    assert (layers("nemotron_kernels"), layers("vllm")) == (20, 3)


def test_what_the_experts_run_is_told(demo):
    state = {"mode": "auto", "replaced": 23, "layers": 23, "why": "measured: file", "ranks": 1}

    class Replaced(ScriptedEngine):
        @property
        def info(self):
            return replace(super().info, kernels=state)

    with scripted_server(demo, ["x"], build=lambda: Replaced(demo.tokens, ["x"])) as server:
        while (answer := httpx.get(f"{server.url}/ready")).status_code != 200:
            pass
        assert answer.json()["engine"]["kernels"] == state
