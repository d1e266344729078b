"""OpenRouter's client in JavaScript, the strictest reader of bodies, on the routes of keys and accounting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from support.app import Running, scripted_server
from support.clients.node import missing, node_client

MASTER, KEY = "sk-or-v1-management-of-the-settings", "sk-or-v1-ordinary-of-the-settings"
DEMO = "nemotron-runtime/embedded-demo"

pytestmark = [pytest.mark.node, pytest.mark.skipif(missing() is not None, reason=missing() or "")]

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def server(demo, tmp_path_factory) -> Iterator[Running]:
    with scripted_server(
        demo,
        ["I think.</think>Hello"],
        database=tmp_path_factory.mktemp("accounts") / "store.sqlite",
        api_keys=KEY,
        management_key=MASTER,
        store_content=True,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def call(server) -> Iterator[Call]:
    with node_client("accounts.mjs", server.api) as work:
        yield lambda name, key=MASTER, **task: work({"do": name, "key": key, **task})


@pytest.fixture(scope="module")
def generation_id(server) -> str:
    headers = {"Authorization": f"Bearer {KEY}", "HTTP-Referer": "https://app.example", "X-Title": "App"}
    body = {"messages": [{"role": "user", "content": "hi"}]}
    generation_id = httpx.post(f"{server.api}/chat/completions", json=body, headers=headers).json()["id"]
    assert server.store
    server.wait(lambda: server.store.recorder.queued == 0)
    return generation_id


def test_a_keys_life(call):
    made = call("create", body={"name": "laptop", "limit": 1.5, "limitReset": "weekly"})["value"]
    assert made["key"].startswith("sk-or-v1-")
    key_hash = made["data"]["hash"]
    assert call("key", made["key"])["value"]["data"]["limitRemaining"] == 1.5
    assert call("update", hash=key_hash, body={"disabled": True})["value"]["data"]["disabled"] is True
    assert key_hash in [key["hash"] for key in call("list")["value"]["data"]]
    assert call("get", hash=key_hash)["value"]["data"]["name"] == "laptop"
    assert call("delete", hash=key_hash)["value"]["deleted"] is True
    gone = call("get", hash=key_hash)
    assert (gone["error"], gone["status"]) == ("NotFoundResponseError", 404)


@pytest.mark.parametrize(
    ("name", "key", "task", "error", "status"),
    [
        ("list", KEY, {}, "ForbiddenResponseError", 403),
        ("activity", KEY, {}, "ForbiddenResponseError", 403),
        ("key", "sk-or-v1-unknown", {}, "UnauthorizedResponseError", 401),
        ("generation", KEY, {"id": "gen-none"}, "NotFoundResponseError", 404),
        ("create", MASTER, {"body": {"name": ""}}, "BadRequestResponseError", 400),
    ],
)
def test_errors(call, name, key, task, error, status):
    seen = call(name, key, **task)
    if name == "list":  # this client has no class for a 403 of it
        assert seen["status"] == status
    else:
        assert (seen["error"], seen["status"]) == (error, status)


def test_a_generation(call, generation_id):
    found = call("generation", KEY, id=generation_id)["value"]["data"]
    assert (found["id"], found["finishReason"], found["origin"]) == (
        generation_id,
        "stop",
        "https://app.example",
    )
    said = call("content", KEY, id=generation_id)["value"]["data"]
    assert said["output"]["completion"] == "Hello"


def test_money_activity_apps_and_health(call, generation_id):
    assert call("credits", KEY)["value"]["data"] == {"totalCredits": 0, "totalUsage": 0}
    assert call("activity")["value"]["data"] == []
    assert call("apps", KEY)["value"]["data"] == []
    author, slug = DEMO.split("/")
    endpoint = call("endpoints", KEY, author=author, slug=slug)["value"]["data"]["endpoints"][0]
    assert endpoint["latencyLast30m"]["p50"] > 0
    assert endpoint["throughputLast30m"]["p99"] > 0
