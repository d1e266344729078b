"""Asks all tasks, grades the answers, and compares two servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nemotron_bench.quality.agreement import Agreement, agreement
from nemotron_bench.quality.ask import Reply, ask
from nemotron_bench.quality.interval import wilson
from nemotron_bench.quality.task import Task
from nemotron_bench.servers import Server

GREEDY = {"temperature": 0, "seed": 0}


@dataclass(frozen=True, slots=True)
class Score:
    """Of one kind of tasks.

    Attributes:
        right: Answers without a fault.
        failed: Requests that failed; they count as asked, and as wrong.
        interval: Of the share that is right, 95 %.
    """

    kind: str
    right: int
    asked: int
    failed: int
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Answered:
    """A task, its answer, and what is wrong with it."""

    task: Task
    reply: Reply
    fault: str


@dataclass(frozen=True, slots=True)
class Quality:
    """Of one server, or of two.

    Attributes:
        scores: By kind, one tuple for each server.
        itself: The first server against itself, asked twice: what agreement can be expected at all,
            since a batch's make-up changes the last bits. None for one server.
        between: The first server against the second.
    """

    scores: tuple[tuple[Score, ...], ...]
    answers: tuple[tuple[Answered, ...], ...]
    itself: Agreement | None = None
    between: Agreement | None = None

    def as_json(self) -> dict[str, Any]:
        """With each answer that is wrong, or that the servers don't share."""
        return {
            "scores": [[asdict(score) for score in side] for side in self.scores],
            "wrong": [[_as_json(one) for one in side if one.fault] for side in self.answers],
            "agreement": {
                name: {**asdict(found), "share": found.share}
                for name, found in (("itself", self.itself), ("between", self.between))
                if found is not None
            },
        }


async def measure(
    servers: Sequence[Server],
    tasks: Sequence[Task],
    max_tokens: int,
    concurrency: int,
    tell: Callable[[str, int], None] = lambda what, done: None,
) -> Quality:
    """Asks one server, or two.

    Args:
        max_tokens: Of each answer, thought included.
        concurrency: Requests at a time.
        tell: Called with what is asked and the number of answers.
    """
    bodies = [{**task.body, **GREEDY, "max_tokens": max_tokens} for task in tasks]

    async def replies(server: Server, label: str) -> list[Reply]:
        return await ask(server, bodies, concurrency, lambda done: tell(label, done))

    given = [await replies(server, server.base_url) for server in servers]
    answers = tuple(graded(tasks, one) for one in given)
    scores = tuple(map(score, answers))
    if len(servers) == 1:
        return Quality(scores, answers)
    again = await replies(servers[0], f"{servers[0].base_url} again")
    names = [task.name for task in tasks]
    itself, between = agreement(names, given[0], again), agreement(names, *given)
    return Quality(scores, answers, itself, between)


def graded(tasks: Sequence[Task], replies: Sequence[Reply]) -> tuple[Answered, ...]:
    """Each answer with its fault; an answer that was cut off counts by what is there."""
    pairs = zip(tasks, replies, strict=True)
    return tuple(Answered(task, reply, reply.error or task.check(reply)) for task, reply in pairs)


def score(answers: Iterable[Answered]) -> tuple[Score, ...]:
    """By kind, in the order of the tasks."""
    asked, right, failed = Counter[str](), Counter[str](), Counter[str]()
    for one in answers:
        asked[one.task.kind] += 1
        right[one.task.kind] += not one.fault
        failed[one.task.kind] += bool(one.reply.error)
    return tuple(
        Score(kind, right[kind], count, failed[kind], wilson(right[kind], count))
        for kind, count in asked.items()
    )


def _as_json(one: Answered) -> dict[str, Any]:
    return {"kind": one.task.kind, "name": one.task.name, "fault": one.fault, "reply": asdict(one.reply)}
