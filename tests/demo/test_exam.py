from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.exam import effort, report
from nemotron_demo.exam.ask import Reply
from nemotron_demo.exam.grade import MEASURES, SINGLE, WELL_FORMED, Verdict
from nemotron_demo.exam.questions import questions_of
from nemotron_demo.exam.run import examine, one_pass
from support.server import serve

CHAT = Dialogue(
    "chat.hello",
    (
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hello!", "reasoning_content": "They greet."},
        {"role": "user", "content": "Bye"},
        {"role": "assistant", "content": "Bye!", "reasoning_content": "They leave."},
    ),
)


class Greeter:
    """A server that greets, with a thought of as many tokens as it may have, and answers nothing else."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.app = FastAPI()
        self.app.get("/models")(self.models)
        self.app.post("/chat/completions")(self.complete)

    async def models(self) -> Any:
        return {"data": [{"id": "a/b"}]}

    async def complete(self, request: Request) -> Any:
        body = json.loads(await request.body())
        self.bodies.append(body)
        message = {"content": "Hello!", "reasoning": "They greet."}
        details = {"reasoning_tokens": body["reasoning"].get("max_tokens", 20)}
        usage = {"completion_tokens": 30, "completion_tokens_details": details}
        return {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}


async def test_an_exam_asks_everything_twice_and_measures_effort() -> None:
    greeter = Greeter()
    with serve(greeter.app) as base:
        found = await examine(base, list(questions_of([CHAT])))
    assert found["model"] == "a/b"
    assert found["turns"] == 2
    cold, warm = found["passes"]["temperature 0"], found["passes"]["default sampling"]
    rows = {row["name"]: row for row in cold["measures"]}
    assert (rows["chat exact"]["right"], rows["chat exact"]["asked"]) == (1, 2)
    assert (rows[WELL_FORMED]["percent"], rows[WELL_FORMED]["met"]) == (100.0, True)
    assert [failed["user"] for failed in warm["failed"]] == ["Bye"]
    assert [row["mean_reasoning_tokens"] for row in found["effort"]] == [20, 20, 20, 8]
    assert [body.get("temperature") for body in greeter.bodies] == [0, 0, None, None, *[0] * 8]
    assert "| max_tokens 8 | 2 | 8.0 | 8 |" in effort.table(found["effort"])


async def test_errors_are_replies_too() -> None:
    with serve(FastAPI()) as base:
        found = await one_pass(base, list(questions_of([CHAT])), "any", {})
    assert found["failed"][0]["faults"] == ['HTTP 404: {"detail":"Not Found"}']


def test_wilson_intervals() -> None:
    low, high = report.wilson(95, 100)
    assert (round(low, 1), round(high, 1)) == (88.8, 97.8)
    assert report.wilson(0, 0) == (0.0, 100.0)
    assert round(report.wilson(10, 10)[1], 6) == 100.0
    assert report.wilson(0, 10)[0] == 0.0


def test_the_table_says_what_was_reached() -> None:
    passes = {"cold": [report.row(SINGLE, 95, 100)], "warm": [report.row(SINGLE, 94, 100)]}
    last = report.table(passes).splitlines()[-1]
    assert last == (
        f"| {SINGLE} | 95.0 % (95/100; 89 to 98) | 94.0 % (94/100; 88 to 97) | 95 % | met, missed |"
    )
    assert not report.all_met(passes)
    assert report.all_met({"cold": passes["cold"]})
    assert not report.all_met({"cold": [report.row(SINGLE, 0, 0)]})


def test_a_percentage_just_below_its_target_misses_it() -> None:
    assert report.row(SINGLE, 18999, 20000)["met"] is False
    assert report.row("of no target", 0, 1)["met"] is None


def test_what_nobody_asked_is_not_in_the_table() -> None:
    rows = report.by_measure([])
    assert [row["name"] for row in rows] == list(MEASURES)
    assert len(report.table({"cold": rows}).splitlines()) == 2


def test_failures_come_from_all_skills() -> None:
    question, _ = questions_of([CHAT])
    wrong = Verdict({"chat exact": False}, ())
    many = [(question, Reply(), wrong)] * 60
    other = [(replace(question, skill="text.spell"), Reply(), wrong)]
    right = [(question, Reply(), Verdict({"chat exact": True}, ()))]
    found = report.failures([*right, *many, *other])
    assert len(found) == report.EXAMPLES
    assert [one["skill"] for one in found].count("text.spell") == 1
