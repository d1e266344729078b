from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import uvloop

from nemotron_bench.arrivals import Arrivals, Closed, Poisson
from nemotron_bench.client import Client
from nemotron_bench.metrics import Objectives
from nemotron_bench.run import Bounds, Measured, Progress, run_step
from nemotron_bench.scripted import MODEL, Script, scripted_server
from nemotron_bench.serve import Order, ServerUnusable, run_order
from nemotron_bench.workloads import Session, SyntheticSource, Workload

SMALL = Workload("small", "", input_tokens=(5,), output_tokens=4)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with scripted_server(Script(ttft_ms=30, itl_ms=5, events=5, reasoning_events=2)) as found:
        yield f"{found}/v1"


def load(
    url: str, arrivals: Arrivals, bounds: Bounds, workload: Workload = SMALL, **settings: Any
) -> tuple[Measured, list[Progress]]:
    told: list[Progress] = []

    async def measure() -> Measured:
        client = Client.connect(url, MODEL, **settings)
        try:
            return await run_step(
                client, SyntheticSource(workload, 0).sessions("x"), arrivals, bounds, 0, told.append
            )
        finally:
            client.close()

    return uvloop.run(measure()), told


def most_at_once(measured: Measured) -> int:
    edges = sorted([(row.sent_s, 1) for row in measured.rows] + [(row.end_s, -1) for row in measured.rows])
    return max(itertools.accumulate(change for _, change in edges))


def test_a_closed_loop_keeps_its_streams_and_its_count(url: str) -> None:
    measured, told = load(url, Closed(4), Bounds(requests=10))
    assert [row.index for row in measured.rows] == list(range(10))
    assert most_at_once(measured) == 4
    assert (told[-1].done, told[-1].open, told[-1].failed, told[-1].total) == (10, 0, 0, 10)
    assert measured.limits.cpu_share > 0
    assert measured.limits.events_per_s > 0


def test_time_ends_a_step_and_what_is_in_flight_is_waited_for(url: str) -> None:
    measured, _ = load(url, Closed(2), Bounds(seconds=0.3))
    assert len(measured.rows) >= 4
    assert all(row.ok for row in measured.rows)
    assert max(row.sent_s for row in measured.rows) <= 0.3 + 0.05


def test_an_open_loop_sends_when_it_is_due(url: str) -> None:
    measured, _ = load(url, Poisson(100.0), Bounds(requests=30))
    due = list(itertools.islice(Poisson(100.0).offsets_s(0), 30))
    assert sorted(row.due_s for row in measured.rows) == due
    assert all(row.sent_s >= row.due_s for row in measured.rows)
    assert most_at_once(measured) > 1


def test_an_open_loop_ends_with_its_time(url: str) -> None:
    measured, _ = load(url, Poisson(50.0), Bounds(seconds=0.4))
    expected = sum(1 for _ in itertools.takewhile(lambda due: due <= 0.4, Poisson(50.0).offsets_s(0)))
    assert len(measured.rows) == expected


def test_turns_of_a_session_follow_each_other(url: str) -> None:
    agent = Workload("agent", "", input_tokens=(5,), output_tokens=4, turns=3, result_tokens=2)
    measured, _ = load(url, Closed(3), Bounds(requests=18), agent)
    sessions = {row.session for row in measured.rows}
    assert len(measured.rows) == 18
    for number in sessions:
        turns = sorted((row for row in measured.rows if row.session == number), key=lambda row: row.turn)
        assert all(a.end_s <= b.sent_s for a, b in itertools.pairwise(turns))
        prompts = [row.prompt_tokens for row in turns]
        assert prompts == sorted(prompts)


def test_a_share_of_requests_is_left(url: str) -> None:
    leaving = Workload("cancel", "", input_tokens=(5,), output_tokens=4, cancel_share=0.5)
    measured, _ = load(url, Closed(8), Bounds(requests=40), leaving)
    assert 8 <= sum(row.cancelled for row in measured.rows) <= 32
    assert all(row.error is None for row in measured.rows)


def test_failures_keep_their_rows() -> None:
    with scripted_server(Script(ttft_ms=5, itl_ms=1, events=4, fault="429", fault_every=2)) as url:
        measured, told = load(f"{url}/v1", Closed(2), Bounds(requests=10))
    assert sum(row.error == "http_429" for row in measured.rows) == 5
    assert told[-1].failed == 5


def test_a_source_that_ends_ends_the_step(url: str) -> None:
    async def measure() -> Measured:
        client = Client.connect(url, MODEL)
        sessions: Iterator[Session] = itertools.islice(SyntheticSource(SMALL, 0).sessions("x"), 3)
        try:
            return await run_step(client, sessions, Closed(8), Bounds(requests=100))
        finally:
            client.close()

    assert len(uvloop.run(measure()).rows) == 3


def test_a_step_needs_a_bound() -> None:
    with pytest.raises(ValueError, match="needed"):
        Bounds()


def order(url: str, **fields: Any) -> Order:
    plan = {"loads": (Closed(1), Closed(2)), "bounds": Bounds(requests=2), "ceiling": False, **fields}
    return Order(base_url=url, model=MODEL, workload=plan.pop("workload", SMALL), **plan)


def steps(wanted: Order) -> list[Any]:
    async def collect() -> list[Any]:
        return [step async for step in run_order(wanted, None, lambda part, progress: None)]

    return uvloop.run(collect())


def test_an_order_runs_each_load_on_each_length_as_often_as_asked(url: str) -> None:
    lengths = Workload("two", "", input_tokens=(5, 9), output_tokens=4)
    found = steps(order(url, workload=lengths, repeats=2, objectives=Objectives(ttft_ms=1000)))
    one = [("1 stream, 5 tokens in", 1), ("2 streams, 5 tokens in", 2),
           ("1 stream, 9 tokens in", 1), ("2 streams, 9 tokens in", 2)]  # fmt: skip
    assert [(step.label, step.warm_up) for step in found] == one * 2
    assert [step.repeat for step in found] == [0] * 4 + [1] * 4
    assert all(step.figures.goodput_per_s > 0 for step in found)


def test_a_server_that_answers_nothing_is_no_measurement() -> None:
    with (
        scripted_server(Script(fault="500")) as url,
        pytest.raises(ServerUnusable, match="http_5xx: HTTP 500: scripted"),
    ):
        steps(order(f"{url}/v1"))


def test_the_ceiling_stands_in_each_step(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def known(streams: int) -> float:
        await asyncio.sleep(0)
        return 1000.0 * streams

    monkeypatch.setattr("nemotron_bench.serve.ceiling_events_per_s", known)
    found = steps(order(url, ceiling=True))
    assert [step.limits.ceiling_events_per_s for step in found] == [1000.0, 2000.0]
