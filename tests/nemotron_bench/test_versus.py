"""Two scripted servers, one ten times as fast."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemotron_bench.arrivals import Closed
from nemotron_bench.ratios import Turn
from nemotron_bench.run import Bounds, Progress
from nemotron_bench.scripted import MODEL, Script, scripted_server
from nemotron_bench.serve import Order
from nemotron_bench.servers import Command, ServerFailed
from nemotron_bench.versus import Side, Versus
from nemotron_bench.workloads import Workload

WORK = Workload("short", "", input_tokens=(20,), output_tokens=16)
SLOW, FAST = Script(ttft_ms=40, itl_ms=10, events=16), Script(ttft_ms=4, itl_ms=1, events=16)

BEHIND = textwrap.dedent("""
    import asyncio, sys
    from nemotron_bench import scripted
    stage, port = scripted._Stage(scripted.Script(ttft_ms=1, itl_ms=1, events=4)), int(sys.argv[-1])
    async def main():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: scripted._Exchange(stage), "127.0.0.1", port)
        print("started", flush=True)
        await server.serve_forever()
    asyncio.run(main())
""")


def quiet(part: str, progress: Progress) -> None:
    pass


@pytest.fixture
def order() -> Order:
    return Order("", "", WORK, (Closed(1), Closed(2)), Bounds(requests=4), ceiling=False)


@pytest.fixture
def slow() -> Iterator[Side]:
    with scripted_server(SLOW) as url:
        yield Side("A", f"{url}/v1")


@pytest.fixture
def fast() -> Iterator[Side]:
    with scripted_server(FAST) as url:
        yield Side("B", f"{url}/v1")


def names(turns: list[Turn]) -> list[tuple[str, str, int]]:
    return [(turn.step.label, turn.side, turn.round) for turn in turns]


def test_turns_alternate_on_each_load(slow: Side, fast: Side, order: Order, tmp_path: Path) -> None:
    run = Versus(slow, fast, order, rounds=3, in_turn=False, logs=tmp_path)
    turns = list(run.run(quiet))
    chain = [("A", 0), ("B", 1), ("A", 1), ("B", 2), ("A", 2), ("B", 3), ("A", 3)]
    one, two = (f"{load}, 20 tokens in" for load in (Closed(1), Closed(2)))
    assert names(turns) == [(label, *place) for label in (one, two) for place in chain]
    assert [turn.step.warm_up for turn in turns[:7]] == [1, 1, 0, 0, 0, 0, 0]
    found = {line["figure"]: line for line in run.document({})["ratios"] if line["label"] == one}
    assert found["output_tokens_per_s"]["verdict"] == "better"
    assert found["output_tokens_per_s"]["ratio"] > 3  # 190 ms to 19 ms an answer, less what loopback costs
    assert found["ttft_ms p50"]["ratio"] < 0.7


def test_the_document_is_json_with_both_servers_and_every_row(
    slow: Side, fast: Side, order: Order, tmp_path: Path
) -> None:
    run = Versus(slow, fast, order, rounds=1, in_turn=False, logs=tmp_path)
    assert len(list(run.run(quiet))) == 6
    document = json.loads(json.dumps(run.document({"name": "x"})))
    assert (document["kind"], document["name"], document["settings"]["rounds"]) == ("versus", "x", 1)
    assert document["servers"]["A"]["model"] == MODEL
    assert document["servers"]["B"]["report"]["ready"]["script"]["itl_ms"] == FAST.itl_ms
    assert [len(step["rows"]) for step in document["steps"]] == [4] * 6
    assert {line["verdict"] for line in document["ratios"]} == {"too few rounds"}
    assert document["warnings"] == []


def test_both_sides_get_equal_texts_in_a_round_and_none_twice(
    slow: Side, fast: Side, order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, bytes]] = []
    from nemotron_bench.client import Client

    request = Client._request

    def spy(client: Client, call: object) -> bytes:
        made = request(client, call)  # type: ignore[arg-type]
        asked.append((client.pool.origin.port, made.partition(b"\r\n\r\n")[2]))
        return made

    monkeypatch.setattr(Client, "_request", spy)
    one = Order("", "", WORK, (Closed(1),), Bounds(requests=2), ceiling=False, warm_up=0)
    list(Versus(slow, fast, one, rounds=2, in_turn=False, logs=tmp_path).run(quiet))
    ports = list(dict.fromkeys(port for port, _ in asked))
    a, b = ([body for port, body in asked if port == side] for side in ports)
    assert (len(a), len(b)) == (6, 4)
    assert len(set(a)) == 6
    assert a[2:] == b


def test_servers_in_turn_are_started_for_each_turn(order: Order, tmp_path: Path) -> None:
    sides = [Side(name, Command((sys.executable, "-P", "-c", BEHIND))) for name in ("A", "B")]
    run = Versus(*sides, order, rounds=1, in_turn=True, logs=tmp_path)
    turns = list(run.run(quiet))
    assert [(turn.side, turn.round) for turn in turns] == [("A", 0)] * 2 + [("B", 1)] * 2 + [("A", 1)] * 2
    assert all(turn.step.warm_up for turn in turns)
    assert run.servers["B"]["command"][0] == sys.executable
    assert run.servers["B"]["ready_s"] > 0
    assert (tmp_path / "versus-b.log").read_text() == "started\n"


def test_other_work_and_failures_are_told(slow: Side, order: Order, tmp_path: Path) -> None:
    with scripted_server(Script(ttft_ms=1, itl_ms=1, events=8, fault="500", fault_every=3)) as url:
        run = Versus(slow, Side("B", f"{url}/v1"), order, rounds=1, in_turn=False, logs=tmp_path)
        list(run.run(quiet))
    told = "\n".join(run.warnings())
    assert "output_tokens of a request differ, A 16 and B 8" in told
    assert "requests failed" in told
    assert {line["verdict"] for line in run.document({})["ratios"]} == {"failures"}


def test_a_server_that_is_not_there(slow: Side, order: Order, tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="no server at"):
        list(Versus(slow, Side("B", "http://127.0.0.1:9/v1"), order, 1, False, tmp_path).run(quiet))
