"""The page over the real ``/stats``: a box that has done nothing yet, and the same after some requests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from support.app import Running, scripted_server
from support.page_stats import MARKED

pytestmark = pytest.mark.node

ASK = {"messages": [{"role": "user", "content": "hi"}]}
APP = {
    "HTTP-Referer": "https://app.example",
    "X-OpenRouter-Title": MARKED,
    "X-OpenRouter-Categories": "cli-agent",
}


@pytest.fixture
def real(demo, tmp_path) -> Iterator[Running]:
    with scripted_server(demo, ["A thought\n</think>\nHello"], database=tmp_path / "store.sqlite") as running:
        yield running


def test_box_that_did_nothing(browse, real):
    texts = {
        "overview": ["Requests 0"],
        "providers": ["none: it runs on the processor", "scripted 0", "Trains on prompts no", "text no"],
        "performance": ["No requests in this window"],
        "pricing": ["Nothing was used yet", "Hosted"],
        "benchmarks": ["MMLU-Pro"],
        "apps": ["No app has told its name"],
        "activity": ["Nothing was used yet"],
        "uptime": ["Too few requests to say"],
        "api": ["curl"],
    }
    browse("tabsSay", real.url, texts=texts)


def test_box_after_some_requests(browse, real):
    with httpx.Client(base_url=real.api, headers=APP, timeout=20) as client:
        for _ in range(12):
            assert client.post("/chat/completions", json=ASK).status_code == 200
        real.wait(lambda: client.get("/stats?window=1h").json()["data"]["apps"])
    texts = {
        "overview": ["Requests 12"],
        "providers": ["Latency", "ms"],
        "performance": ["Of 12 requests", "p99"],
        "pricing": ["Last 24h"],
        "benchmarks": ["MMLU-Pro"],
        "apps": [MARKED, "cli-agent", "12"],
        "activity": ["Tokens a day", "Requests 12"],
        "uptime": ["Last day"],
        "api": ["curl"],
    }
    browse("tabsSay", real.url, texts=texts)
    browse("headerSays", real.url, texts=["Weekly tokens"], compared=["$0.05", "262,144"])
