"""A server without a store, and with one that fails: the chat goes on."""

from __future__ import annotations

import httpx

from nemotron_runtime.store.keys import KeyTerms
from support.app import scripted_server
from support.asking import ask, fault, get

DEMO = "nemotron-runtime/embedded-demo"
ANSWER = ["I think.</think>Hello"]


def test_a_box_that_keeps_nothing(demo):
    with scripted_server(demo, ANSWER) as server:
        data = httpx.get(f"{server.api}/stats").json()["data"]
        assert (data["totals"]["requests"], data["series"], data["days"], data["apps"]) == (0, [], [], [])
        assert data["percentiles"] == {"throughput": None, "ttft_ms": None, "e2e_ms": None, "requests": 0}
        assert httpx.get(f"{server.api}/activity").json() == {"data": []}
        assert httpx.get(f"{server.api}/datasets/app-rankings").json()["data"] == []
        generation_id = ask(server).json()["id"]
        assert "keeps no store" in fault(get(server, f"/generation?id={generation_id}"))[1]
        assert httpx.get(f"{server.url}/ready").json()["store"] == "off"


def test_a_store_that_breaks_stands_in_nobodys_way(demo, tmp_path):
    database = tmp_path / "store.sqlite"
    with scripted_server(demo, ANSWER, database=database) as server:
        assert server.store
        key = server.store.keys.create(KeyTerms(name="a")).secret
        server.store._database.close()
        database.unlink()
        database.mkdir()
        for _ in range(3):
            assert ask(server, key).status_code == 200
        server.wait(lambda: httpx.get(f"{server.url}/ready").json()["store"] != "ok")
        answer = httpx.get(f"{server.api}/stats")
        assert fault(answer) == (500, "The store can't be read at the moment")
        assert httpx.get(f"{server.api}/models/{DEMO}/endpoints").status_code == 200
        assert 'nemotron_store_rows{state="queued"}' in httpx.get(f"{server.url}/metrics").text


def test_a_store_that_can_not_be_opened(demo, tmp_path):
    (tmp_path / "folder").mkdir()
    with scripted_server(demo, ANSWER, database=tmp_path / "folder") as server:
        assert ask(server).status_code == 200
        assert httpx.get(f"{server.url}/ready").json()["store"].startswith("The store could not be opened")
