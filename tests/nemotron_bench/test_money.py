from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from nemotron_bench.money import Price, most_dollars, price_of
from nemotron_bench.servers import Server, ServerFailed
from nemotron_bench.workloads import SyntheticSource, Workload, load, names
from support.server import serve

PRICE = Price(prompt=1e-6, completion=2e-6)


@contextmanager
def listing(document: Any) -> Iterator[Server]:
    with serve(Starlette(routes=[Route("/v1/models", lambda _: JSONResponse(document))])) as origin:
        yield Server(f"{origin}/v1", "a/model", "key")


def entry(**pricing: Any) -> dict[str, Any]:
    return {"data": [{"id": "b/model"}, {"id": "a/model", "pricing": pricing}]}


def test_prices_are_the_servers_own() -> None:
    with listing(entry(prompt="0.00000005", completion="0.0000002", request=None, image="9")) as server:
        assert price_of(server) == Price(5e-8, 2e-7)


@pytest.mark.parametrize(
    "document",
    [
        {"data": [{"id": "b/model", "pricing": {"prompt": "0"}}]},
        {"data": [{"id": "a/model"}]},
        {"data": [{"id": "a/model", "pricing": None}]},
        [],
        entry(prompt="free"),
        entry(prompt="nan"),
        entry(prompt="-1"),
    ],
)
def test_without_a_price_nothing_is_worked_out(document: Any) -> None:
    with listing(document) as server, pytest.raises(ServerFailed, match="price"):
        price_of(server)


def test_every_answer_counts_at_full_length() -> None:
    work = Workload("x", "", input_tokens=(100, 300), output_tokens=50)
    assert most_dollars(PRICE, work, 10) == pytest.approx(10 * (2 * 400 * 1e-6 + 2 * 50 * 2e-6))
    dearer = most_dollars(Price(1e-6, 2e-6, 0.01), work, 10)
    assert dearer - most_dollars(PRICE, work, 10) == pytest.approx(0.2)


@pytest.mark.parametrize("name", names())
def test_no_prompt_has_more_words_than_are_paid_for(name: str) -> None:
    """With two tokens a word."""
    for rung in load(name).rungs():
        session = next(SyntheticSource(rung, seed=1).sessions("x"))
        words = [len(str([call.body["messages"], call.body.get("tools")]).split()) for call in session]
        paid = most_dollars(Price(1.0, 0.0), rung, 1)
        assert paid >= 1.5 * sum(words) / len(words)


def test_the_cost_of_a_file_is_not_known() -> None:
    with pytest.raises(ValueError, match="take a workload of ours"):
        most_dollars(PRICE, Workload("x", "", file=Path("x.jsonl")), 1)
