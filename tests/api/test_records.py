"""What a generation's record knows, on a real server."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from nemotron_runtime.chat.call_check import CallCounts
from nemotron_runtime.chat.record import FREE, GenerationRecord
from nemotron_runtime.errors import EngineOverloaded
from nemotron_runtime.models.spec import Prices
from support.app import Running, scripted_server
from support.scripted import End, Hang, Raise, Step

PRICES = Prices(Decimal("0.00000005"), Decimal("0.0000002"))
COUNT = {
    "type": "object",
    "properties": {"count": {"type": "integer", "maximum": 5}},
    "required": ["count"],
}
TOOLS = [{"type": "function", "function": {"name": "count", "parameters": COUNT}}]
ASK = {"messages": [{"role": "user", "content": "hi"}], "reasoning": {"enabled": False}}


def call(name: str, count: str) -> str:
    return (
        f"<tool_call>\n<function={name}>\n<parameter=count>\n{count}\n</parameter>\n</function>\n</tool_call>"
    )


@pytest.fixture(scope="module")
def priced(demo):
    """The demo model at a price."""
    spec = replace(demo.served.spec, prices=PRICES)
    return replace(demo, served=replace(demo.served, spec=spec))


def ask(server: Running, **fields: Any) -> tuple[httpx.Response, GenerationRecord]:
    answer = httpx.post(f"{server.api}/chat/completions", json=ASK | fields, timeout=20)
    server.wait(lambda: server.records.all)
    (record,) = server.records.all
    return answer, record


def test_the_cost_is_exact_and_the_one_in_the_answer(priced) -> None:
    with scripted_server(priced, ["Hello there.", End()]) as server:
        answer, record = ask(server)
    usage = answer.json()["usage"]
    assert record.cost.prompt == usage["prompt_tokens"] * PRICES.prompt
    assert record.cost.completion == usage["completion_tokens"] * PRICES.completion
    assert usage["cost"] == float(record.cost.total) > 0


@pytest.mark.parametrize(
    ("script", "status", "message"),
    [
        ([Raise(EngineOverloaded("Full.", retry_after_s=1))], 503, "Full."),
        (["Half", End("error")], 502, "The model stopped before the answer was complete."),
        ([Raise(ValueError("a bug at /a/path"))], 500, "Internal Server Error"),
    ],
)
def test_a_failure_costs_nothing_and_is_told_as_the_client_reads_it(
    priced, script: list[Step], status: int, message: str
) -> None:
    with scripted_server(priced, script, engine_restarts=9) as server:
        _, record = ask(server)
    assert (record.outcome, record.error_status, record.error_message) == ("failed", status, message)
    assert record.cost == FREE


@pytest.mark.parametrize(("script", "free"), [([Hang()], True), (["Hello", Hang()], False)])
def test_who_leaves_pays_for_what_was_said(priced, script: list[Step], free: bool) -> None:
    with scripted_server(priced, script, keepalive_first_s=0.05) as server:
        with httpx.stream("POST", f"{server.api}/chat/completions", json=ASK | {"stream": True}) as answer:
            lines = answer.iter_lines()
            while not (line := next(lines)).startswith(":" if free else "data:"):
                assert not line
        server.wait(lambda: server.records.all)
        (record,) = server.records.all
    assert record.cancelled
    assert (record.cost == FREE) == free


@pytest.mark.parametrize("stream", [False, True])
def test_calls_are_judged(demo, stream: bool) -> None:
    said = [call("count", "3"), call("count", "7"), End()]
    with scripted_server(demo, said) as server:
        _, record = ask(server, tools=TOOLS, stream=stream)
    assert record.finish_reason == "tool_calls"
    assert record.calls == CallCounts(total=2, schema_mismatch=1)


def test_content_is_in_the_record_only_where_it_is_stored(demo, tmp_path) -> None:
    with scripted_server(demo, ["Hello.", End()]) as server:
        assert ask(server)[1].content is None
    with scripted_server(
        demo, ["Hello.", End()], database=tmp_path / "store.db", store_content=True
    ) as server:
        content = ask(server)[1].content
    assert content
    assert (content.completion, content.reasoning, content.calls_json) == ("Hello.", "", "[]")
    assert '"hi"' in content.messages_json
