from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from nemotron_bench.quality.agreement import agreement, difference, spoken
from nemotron_bench.quality.ask import BadReply, Reply, read
from nemotron_bench.quality.interval import wilson
from nemotron_bench.quality.run import measure
from nemotron_bench.quality.task import Task, last_number, user
from nemotron_bench.servers import Server
from support.server import serve

TASKS = [
    Task("sum", f"sum-{n}", {"messages": user(f"What is {n} + {n}?")}, last_number(2 * n)) for n in range(6)
]


def completion(content: str, **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"content": content, **message}}
    return {"choices": [choice], "usage": {"completion_tokens": 3}}


@contextmanager
def server(answer: Callable[[int, dict[str, Any]], Response]) -> Iterator[Server]:
    """Answers with what ``answer`` makes of the question's number."""

    async def chat(request: Request) -> Response:
        body = await request.json()
        return answer(int(body["messages"][-1]["content"].split()[2]), body)

    with serve(Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])) as origin:
        yield Server(f"{origin}/v1", "some/model")


def right(number: int, body: dict[str, Any]) -> Response:
    return JSONResponse(completion(str(2 * number)))


async def test_answers_are_graded_and_greedy() -> None:
    bodies = []

    def answer(number: int, body: dict[str, Any]) -> Response:
        bodies.append(body)
        return PlainTextResponse("no", 500) if number == 5 else JSONResponse(completion(str(number + 2)))

    with server(answer) as one:
        found = await measure([one], TASKS, max_tokens=7, concurrency=2)
    ((score,),) = found.scores
    assert (score.kind, score.right, score.asked, score.failed) == ("sum", 1, 6, 1)
    assert score.interval == wilson(1, 6)
    assert all(
        (body["temperature"], body["max_tokens"], body["model"]) == (0, 7, "some/model") for body in bodies
    )
    assert (found.itself, found.between) == (None, None)
    wrong = found.as_json()["wrong"][0]
    assert [one["name"] for one in wrong] == ["sum-0", "sum-1", "sum-3", "sum-4", "sum-5"]
    assert wrong[-1]["fault"] == "HTTP 500: no"


async def test_two_servers_are_held_against_each_other_and_one_against_itself() -> None:
    times: dict[int, int] = {}

    def fickle(number: int, body: dict[str, Any]) -> Response:
        times[number] = times.get(number, 0) + 1
        again = number == 0 and times[number] == 2
        return JSONResponse(completion(f"{2 * number}{' indeed' if again else ''}"))

    def other(number: int, body: dict[str, Any]) -> Response:
        return JSONResponse(completion(str(2 * number if number < 4 else 7)))

    told = []
    with server(fickle) as one, server(other) as two:
        found = await measure([one, two], TASKS, 9, 3, lambda what, done: told.append((what, done)))
    assert found.itself is not None
    assert found.between is not None
    assert (found.itself.equal, found.itself.asked) == (5, 6)
    assert (found.between.equal, found.between.asked, found.between.share) == (4, 6, 4 / 6)
    assert [(one.name, one.at) for one in found.between.differences] == [("sum-4", 1), ("sum-5", 1)]
    assert len(told) == 18
    assert {name for name, _ in told} == {one.base_url, two.base_url, f"{one.base_url} again"}
    assert json.loads(json.dumps(found.as_json()))["agreement"]["between"]["share"] == 4 / 6


async def test_a_server_that_is_not_there_fails_every_task() -> None:
    found = await measure([Server("http://127.0.0.1:9/v1", "m")], TASKS, 9, 3)
    assert (found.scores[0][0].failed, found.scores[0][0].right) == (6, 0)


def test_failed_requests_are_no_agreement() -> None:
    good, bad = Reply(content="a"), Reply(error="HTTP 500")
    found = agreement(["x", "y"], [good, bad], [good, bad])
    assert (found.asked, found.equal, found.failed) == (1, 1, 1)
    assert agreement(["x"], [bad], [good]).share is None


def test_the_first_difference() -> None:
    assert difference("x", "same", "same") is None
    found = difference("x", "the sea is blue", "the sea is")
    assert found is not None
    assert (found.at, found.one, found.other) == (10, " blue", "")


def test_spoken_has_thought_answer_and_calls() -> None:
    reply = Reply(content="b\n", reasoning="a\n", calls=(("f", '{"x":1} '),))
    assert spoken(reply) == 'a\nb\nf({"x":1})'
    assert spoken(Reply(content="a")) != spoken(Reply(reasoning="a"))


def test_other_servers_name_the_thought_differently() -> None:
    assert read(completion("x", reasoning_content="hm")).reasoning == "hm"
    assert read(completion("x", reasoning="hm", tool_calls=None)) == Reply("x", "hm", (), "stop", 3)


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"choices": []}, {"choices": [{}]}, {"choices": ["x"]}, completion("", tool_calls=["x"])],
)
def test_what_is_no_completion_is_refused(body: Any) -> None:
    with pytest.raises(BadReply):
        read(body)


@pytest.mark.parametrize(
    ("right", "asked", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)],
)
def test_wilson(right: int, asked: int, low: float, high: float) -> None:
    assert wilson(right, asked) == pytest.approx((low, high), abs=1e-4)
