"""The whole exam: each question at temperature 0 and at the default sampling, then the effect of effort."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from nemotron_demo.exam import report
from nemotron_demo.exam.ask import ask_all, served_model
from nemotron_demo.exam.effort import efforts
from nemotron_demo.exam.grade import grade
from nemotron_demo.exam.questions import Question

PASSES: dict[str, dict[str, Any]] = {"temperature 0": {"temperature": 0}, "default sampling": {}}


async def examine(base: str, questions: Sequence[Question]) -> dict[str, Any]:
    """All passes, and the effect of effort."""
    passes = {}
    for name, sampling in PASSES.items():
        passes[name] = await one_pass(base, questions, name, sampling)
    return {
        "model": await served_model(base),
        "turns": len(questions),
        "passes": passes,
        "effort": await efforts(base, questions),
    }


async def one_pass(
    base: str, questions: Sequence[Question], name: str, sampling: dict[str, Any]
) -> dict[str, Any]:
    """Asks everything once and grades it.

    Args:
        sampling: Fields added to each request.
    """
    began = time.perf_counter()
    replies = await ask_all(base, [{**question.body, **sampling} for question in questions], name)
    wall_s = time.perf_counter() - began
    pairs = zip(questions, replies, strict=True)
    graded = [(question, reply, grade(question, reply)) for question, reply in pairs]
    return {
        "wall_s": round(wall_s, 1),
        "output_tokens": sum(reply.output_tokens for reply in replies),
        "measures": report.by_measure(graded),
        "skills": report.by_skill(graded),
        "failed": report.failures(graded),
    }
