"""Generations, activity, apps and the endpoint's health, out of a store that was really written to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest
from openrouter import OpenRouter, components, errors, operations

from nemotron_runtime.chat.events import Timings, Usage
from nemotron_runtime.chat.record import App, Caller, Cost, GenerationRecord
from nemotron_runtime.errors import GenerationFailed
from nemotron_runtime.models.spec import Prices
from nemotron_runtime.store.keys import digest
from support.app import Running, demo_model, scripted_server
from support.asking import FIRST, ask, fault, get
from support.contract import DATA, validate_response, validate_sdk
from support.scripted import Hang, Play, Raise, Step

DEMO = "nemotron-runtime/embedded-demo"
MASTER, SECOND = (f"sk-or-v1-{name}-of-the-settings" for name in ("master", "second"))
PRICES = Prices(Decimal("0.00000005"), Decimal("0.0000002"))
DAY_S = 86_400
ANSWER: Sequence[Step] = ["I think.</think>Hello"]

in_contract = pytest.mark.skipif(not DATA.is_dir(), reason="the contract's file is not on this machine")


@pytest.fixture(scope="module")
def play() -> Play:
    return Play(ANSWER)


@pytest.fixture(scope="module")
def server(play, tmp_path_factory) -> Iterator[Running]:
    demo = demo_model(store_content="true")
    spec = replace(demo.served.spec, prices=PRICES)
    priced = replace(demo, served=replace(demo.served, spec=spec))
    with scripted_server(
        priced,
        play,
        database=tmp_path_factory.mktemp("accounting") / "store.sqlite",
        api_keys=(FIRST, SECOND),
        management_key=MASTER,
        store_content=True,
    ) as running:
        seed(running)
        yield running


def seed(server: Running) -> None:
    """Some weeks of use: three apps, two keys, a bad minute."""
    now = int(time.time())
    apps = {
        "big": App("https://big.example", "Big", "https://big.example", ("cli-agent",)),
        "small": App("https://small.example", None, "https://small.example", ("game",)),
        "secret": App("https://secret.example", "Secret", "https://secret.example", hidden=True),
    }
    rows = [("big", 1, 900), ("small", 1, 500), ("big", 40, 5000), ("secret", 2, 9999), ("small", 2, 100)]
    for number, (app, days_ago, tokens) in enumerate(rows):
        put(server, f"old-{number}", now - days_ago * DAY_S, tokens, FIRST, apps[app])
    for number in range(20):
        put(
            server, f"new-{number}", now - 120, 100, SECOND, None, total_s=1 + number / 10, failed=number > 15
        )
    assert server.store
    server.wait(lambda: server.store.recorder.queued == 0)


def put(
    server: Running,
    name: str,
    created_s: int,
    tokens: int,
    key: str,
    app: App | None,
    *,
    total_s: float = 2.0,
    failed: bool = False,
) -> None:
    assert server.store
    usage = Usage(tokens // 2, tokens - tokens // 2, reasoning_tokens=1, cached_tokens=2)
    server.store.recorder.put(
        GenerationRecord(
            id=f"gen-{name}",
            created_s=created_s,
            model=DEMO,
            requested_model=DEMO,
            streamed=True,
            outcome="failed" if failed else "finished",
            usage=usage,
            timings=Timings(total_s / 10, total_s),
            finish_reason=None if failed else "stop",
            error_type="provider_unavailable" if failed else None,
            error_status=502 if failed else None,
            cost=Cost.of(usage, PRICES),
            caller=Caller(key_hash=digest(key), app=app),
        )
    )


def sdk(server: Running, key: str = FIRST) -> OpenRouter:
    return OpenRouter(api_key=key, server_url=server.api, timeout_ms=20_000)


class TestGeneration:
    def test_it_is_there_at_once(self, server):
        answer = ask(server, **{"HTTP-Referer": "https://app.example/x", "X-Title": "App"}).json()
        body = get(server, f"/generation?id={answer['id']}").json()
        data = body["data"]
        usage = answer["usage"]
        assert (data["id"], data["model"], data["finish_reason"]) == (answer["id"], DEMO, "stop")
        assert data["native_tokens_prompt"] == data["tokens_prompt"] == usage["prompt_tokens"]
        assert data["native_tokens_completion"] == usage["completion_tokens"]
        assert data["native_tokens_reasoning"] == usage["completion_tokens_details"]["reasoning_tokens"] > 0
        assert data["total_cost"] == data["usage"] == usage["cost"] > 0
        assert (data["origin"], data["http_referer"]) == ("https://app.example", "https://app.example/x")
        assert (data["external_user"], data["session_id"], data["user_agent"]) == ("someone", "s1", "test/1")
        assert 0 <= data["latency"] <= data["generation_time"]
        assert (data["streamed"], data["cancelled"], data["is_byok"]) == (False, False, False)
        assert data["provider_responses"][0]["status"] == 200

    @in_contract
    def test_bodies(self, server):
        for generation_id in (ask(server).json()["id"], "gen-old-0"):
            body = get(server, f"/generation?id={generation_id}").json()
            validate_response("GET", "/generation", 200, body)
            validate_sdk(components.GenerationResponse, body)
        content = get(server, f"/generation/content?id={ask(server).json()['id']}").json()
        validate_response("GET", "/generation/content", 200, content)
        validate_sdk(components.GenerationContentResponse, content)

    def test_the_client(self, server):
        generation_id = ask(server).json()["id"]
        with sdk(server) as client:
            assert client.generations.get_generation(id=generation_id).data.id == generation_id
            said = client.generations.list_generation_content(id=generation_id).data
            assert (said.output.completion, said.output.reasoning) == ("Hello", "I think.")
            assert said.input.messages[0]["content"] == "the question"
            with pytest.raises(errors.NotFoundResponseError):
                client.generations.get_generation(id="gen-none")

    def test_a_failure(self, server, play):
        play.steps = ["</think>Hel", Raise(GenerationFailed("It broke."))]
        try:
            answer = ask(server)
        finally:
            play.steps = ANSWER
        assert answer.status_code == 502
        generation_id = answer.headers["x-generation-id"]
        data = get(server, f"/generation?id={generation_id}").json()["data"]
        assert (data["finish_reason"], data["total_cost"]) == ("error", 0)
        assert data["provider_responses"][0]["status"] == 502
        content = get(server, f"/generation/content?id={generation_id}").json()
        assert content["data"]["error"]["message"] == "It broke."
        if DATA.is_dir():
            validate_response("GET", "/generation/content", 200, content)

    def test_a_client_that_left(self, server, play):
        play.steps = ["</think>Hel", Hang()]
        headers = {"Authorization": f"Bearer {FIRST}"}
        body = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
        url = f"{server.api}/chat/completions"
        try:
            with httpx.stream("POST", url, json=body, headers=headers, timeout=20) as answer:
                generation_id = answer.headers["x-generation-id"]
                next(answer.iter_bytes())
        finally:
            play.steps = ANSWER
        server.wait(lambda: get(server, f"/generation?id={generation_id}").status_code == 200)
        data = get(server, f"/generation?id={generation_id}").json()["data"]
        assert (data["cancelled"], data["streamed"], data["finish_reason"]) == (True, True, None)
        assert data["native_tokens_completion"] > 0
        assert data["total_cost"] > 0

    def test_a_refused_request_is_none(self, server):
        headers = {"Authorization": f"Bearer {FIRST}"}
        answer = httpx.post(f"{server.api}/chat/completions", json={"messages": []}, headers=headers)
        generation_id = answer.headers["x-generation-id"]
        words = f"Generation {generation_id} not found"
        assert fault(get(server, f"/generation?id={generation_id}")) == (404, words)

    def test_of_another_key(self, server):
        generation_id = ask(server, FIRST).json()["id"]
        for path in ("/generation", "/generation/content"):
            assert get(server, f"{path}?id={generation_id}", SECOND).status_code == 404
            assert get(server, f"{path}?id={generation_id}", MASTER).status_code == 200

    def test_without_an_id(self, server):
        assert fault(get(server, "/generation")) == (400, "id: Required")

    def test_content_that_is_not_there(self, server):
        code, message = fault(get(server, "/generation/content?id=gen-old-0"))
        assert code == 404
        assert "--store-content" in message


class TestActivity:
    def test_days_models_and_sums(self, server):
        data = get(server, "/activity", MASTER).json()["data"]
        today = datetime.now(UTC).date()
        yesterday, before = (str(today - timedelta(days=days)) for days in (1, 2))
        assert [(row["date"], row["requests"]) for row in data] == [(yesterday, 2), (before, 2)]
        assert data[0]["prompt_tokens"] + data[0]["completion_tokens"] == 1400
        assert data[0]["usage"] == pytest.approx(700 * 0.00000005 + 700 * 0.0000002)
        assert "workspace_id" not in data[0]

    def test_filters(self, server):
        before = str(datetime.now(UTC).date() - timedelta(days=2))
        rows = get(server, f"/activity?date={before}", MASTER).json()["data"]
        assert [row["date"] for row in rows] == [before]
        assert get(server, f"/activity?api_key_hash={digest(SECOND)}", MASTER).json()["data"] == []
        assert len(get(server, f"/activity?api_key_hash={digest(FIRST)}", MASTER).json()["data"]) == 2
        grouped = get(server, "/activity?group_by=workspace", MASTER).json()["data"]
        workspace = grouped[0]["workspace_id"]
        assert get(server, f"/activity?workspace_id={workspace}", MASTER).json()["data"]

    @pytest.mark.parametrize(
        ("query", "code", "words"),
        [
            ("date=2020-01-01", 400, "date: expected one of the last 30 completed UTC days"),
            ("date=yesterday", 400, "date: "),
            ("group_by=key", 400, "group_by: Invalid option"),
            ("user_id=user_1", 400, "user_id: "),
            ("workspace_id=x", 404, "Workspace not found"),
        ],
    )
    def test_what_it_does_not_take(self, server, query, code, words):
        status, message = fault(get(server, f"/activity?{query}", MASTER))
        assert status == code
        assert message.startswith(words)

    def test_it_is_for_management(self, server):
        assert fault(get(server, "/activity")) == (403, "Only management keys can perform this operation")

    def test_the_client(self, server):
        with sdk(server, MASTER) as client:
            assert len(client.analytics.get_user_activity().data) == 2
            with pytest.raises(errors.BadRequestResponseError):
                client.analytics.get_user_activity(request={"date_": "2020-01-01"})
        if DATA.is_dir():
            body = get(server, "/activity?group_by=workspace", MASTER).json()
            validate_response("GET", "/activity", 200, body)
            validate_sdk(components.ActivityResponse, body)


class TestApps:
    def test_popular(self, server):
        body = get(server, "/datasets/app-rankings").json()
        names = [(app["rank"], app["app_name"], app["total_tokens"]) for app in body["data"]]
        assert names == [(1, "Big", "900"), (2, "small.example", "600")]
        if DATA.is_dir():
            validate_response("GET", "/datasets/app-rankings", 200, body)
            validate_sdk(components.AppRankingsResponse, body)

    def test_trending(self, server):
        body = get(server, "/datasets/app-rankings?sort=trending").json()
        assert [app["app_name"] for app in body["data"]] == ["small.example"]

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("category=coding", ["Big"]),
            ("subcategory=game", ["small.example"]),
            ("category=creative", []),
            ("limit=1", ["Big"]),
            ("offset=1", ["small.example"]),
        ],
    )
    def test_filters(self, server, query, names):
        body = get(server, f"/datasets/app-rankings?{query}").json()
        assert [app["app_name"] for app in body["data"]] == names

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=101",
            "category=none",
            "subcategory=none",
            "category=coding&subcategory=game",
            "end_date=2024-12-31",
            "start_date=2026-02-01&end_date=2026-01-01",
            "start_date=soon",
        ],
    )
    def test_what_it_does_not_take(self, server, query):
        assert fault(get(server, f"/datasets/app-rankings?{query}"))[0] == 400

    def test_the_client(self, server):
        with sdk(server) as client:
            page = client.datasets.get_app_rankings()
            assert [app.app_name for app in page.result.data] == ["Big", "small.example"]


class TestHealth:
    def test_live_figures(self, server):
        body = get(server, f"/models/{DEMO}/endpoints").json()
        endpoint = body["data"]["endpoints"][0]
        throughput, latency = endpoint["throughput_last_30m"], endpoint["latency_last_30m"]
        assert throughput["p50"] >= throughput["p75"] >= throughput["p90"] >= throughput["p99"] > 0
        assert 0 < latency["p50"] <= latency["p75"] <= latency["p90"] <= latency["p99"]
        assert endpoint["uptime_last_30m"] == endpoint["uptime_last_1d"] == 100
        if DATA.is_dir():
            validate_sdk(operations.ListEndpointsResponse, body)

    def test_speed_is_for_who_has_a_key(self, server):
        endpoint = httpx.get(f"{server.api}/models/{DEMO}/endpoints").json()["data"]["endpoints"][0]
        assert endpoint["throughput_last_30m"] is endpoint["latency_last_30m"] is None
        assert endpoint["uptime_last_30m"] == 100

    def test_prompts_are_kept_so_it_is_no_zero_retention_endpoint(self, server):
        assert get(server, "/endpoints/zdr").json()["data"] == []


class TestStats:
    @pytest.mark.parametrize("window", ["1h", "24h", "3d", "30d"])
    def test_windows(self, server, window):
        data: dict[str, Any] = get(server, f"/stats?window={window}").json()["data"]
        assert data["window"] == window
        steps = [point["t"] for point in data["series"]]
        assert {after - before for before, after in pairwise(steps)} == {data["step_s"]}
        assert sum(point["requests"] for point in data["series"]) >= data["totals"]["requests"] >= 20

    def test_what_it_says(self, server):
        data = get(server, "/stats").json()["data"]
        assert data["box"]["demo"]
        assert data["box"]["engine"] == "scripted 0"
        assert data["box"]["policy"] == {"trains": False, "retains_days": 7, "stores_content": True}
        assert Decimal(data["totals"]["cost_usd"]) > 0
        assert data["percentiles"]["requests"] >= 16
        assert data["uptime"]["last_30m"] == 100
        assert len(data["days"]) == 30
        assert data["reference"]["figures"]["prompt_usd_per_m"] == 0.05
        assert len(data["uptime"]["hourly"]) in (72, 73)
        assert len(data["uptime"]["buckets"]) in (144, 145)

    def test_wrong_windows(self, server):
        assert fault(get(server, "/stats?window=1y"))[1].startswith("window: Invalid option")

    def test_a_key_is_asked_for(self, server):
        assert httpx.get(f"{server.api}/stats").status_code == 401
        assert get(server, "/stats", MASTER).status_code == 200
