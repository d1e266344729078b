"""The first conversation with a fresh engine."""

from __future__ import annotations

import pytest

from nemotron_runtime.chat.limits import Limits
from nemotron_runtime.chat.planner import Planner
from nemotron_runtime.rehearsal import rehearse
from support.scripted import ScriptedEngine

CALL = "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>"


@pytest.mark.parametrize(
    ("said", "worked", "told"),
    [
        (
            f"I should look.</think>\n{CALL}<|im_end|>",
            True,
            'a thought of 14 characters, then get_weather({"city":"Paris"})',
        ),
        (f"</think>{CALL}<|im_end|>", False, "a thought of 0 characters, then get_weather"),
        ("I know.</think>It rains.<|im_end|>", False, "then no call"),
    ],
)
async def test_it_tells_whether_a_thought_and_a_call_came(demo, said, worked, told):
    engine = ScriptedEngine(demo.tokens, [said])
    planner = Planner(demo.served, demo.tokens, demo.template, demo.marks, Limits())
    rehearsal = await rehearse(planner, demo.tokens, engine)
    assert rehearsal.worked is worked
    assert told in str(rehearsal).replace(": ", ":")
    assert engine.requests[0].sampling.grammar
