"""A model that says exactly what the dialogues say passes the exam: asking, serving and grading agree."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.dialogues import draw
from nemotron_demo.exam.questions import questions_of
from nemotron_demo.exam.run import one_pass
from nemotron_runtime.engine.base import EngineRequest
from nemotron_runtime.serving import Model
from support.app import scripted_server

COUNT = 200


def oracle(model: Model, dialogues: Sequence[Dialogue]) -> Callable[[EngineRequest], list[str]]:
    """Finds the turn that a prompt asks for, by the ids that training gives to what stands before it."""
    said: dict[tuple[int, ...], str] = {}
    for dialogue in dialogues:
        for at, message in enumerate(dialogue.messages):
            if message["role"] == "assistant":
                before, after = (
                    model.template.render(
                        dialogue.messages[:end],
                        dialogue.tools or None,
                        enable_thinking=dialogue.thinking,
                        add_generation_prompt=end == at,
                    )
                    for end in (at, at + 1)
                )
                assert after.text.startswith(before.text)
                answer = after.text.removeprefix(before.text).partition("<|im_end|>")[0]
                said[tuple(before.encode(model.tokens))] = answer
    return lambda request: [said[request.prompt_token_ids]]


@pytest.mark.parametrize("held_out", [False, True])
async def test_true_answers_pass(demo: Model, held_out: bool) -> None:
    dialogues = [draw(random.Random(seed), held_out=held_out) for seed in range(COUNT)]
    with scripted_server(demo, oracle(demo, dialogues)) as running:
        found = await one_pass(running.api, list(questions_of(dialogues)), "any", {})
    assert found["failed"] == []
    assert all(row["right"] == row["asked"] for row in found["skills"])
