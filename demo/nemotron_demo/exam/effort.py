"""How much the model thinks, by effort and budget."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from nemotron_demo.exam.ask import Reply, ask_all
from nemotron_demo.exam.questions import Question

ASKED = 40

SETTINGS: dict[str, dict[str, Any]] = {
    "no effort given": {"enabled": True},
    "effort low": {"effort": "low"},
    "effort minimal": {"effort": "minimal"},
    "max_tokens 8": {"max_tokens": 8},
}


async def efforts(base: str, questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Reasoning tokens at temperature 0 over the same first thinking questions, by setting."""
    chosen = [question for question in questions if question.thinking][:ASKED]
    rows = []
    for name, reasoning in SETTINGS.items():
        bodies = [{**question.body, "reasoning": reasoning, "temperature": 0} for question in chosen]
        rows.append(_row(name, await ask_all(base, bodies, name)))
    return rows


def _row(name: str, replies: Sequence[Reply]) -> dict[str, Any]:
    tokens = [reply.reasoning_tokens for reply in replies if not reply.error]
    return {
        "setting": name,
        "asked": len(replies),
        "errors": sum(bool(reply.error) for reply in replies),
        "mean_reasoning_tokens": round(statistics.fmean(tokens), 1) if tokens else None,
        "max_reasoning_tokens": max(tokens, default=None),
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A Markdown table of the same."""
    lines = ["| reasoning | turns | mean reasoning tokens | most |", "|---|---|---|---|"]
    names = ("setting", "asked", "mean_reasoning_tokens", "max_reasoning_tokens")
    return "\n".join([*lines, *("| " + " | ".join(str(row[name]) for name in names) + " |" for row in rows)])
