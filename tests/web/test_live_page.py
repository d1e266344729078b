"""The playground and the real engine: the embedded model thinks, calls a tool, answers from its result."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.engine, pytest.mark.node]


def test_thought_call_result_answer(browse, live, shots):
    text = browse(
        "toolLoop",
        live,
        prompt="What is the weather in Paris?",
        calls=["get_weather"],
        results=['{"sky": "sunny", "degrees": 21}'],
        settings={"temperature": "0", "max_tokens": "400"},
        shots=shots,
    )
    assert "sunny" in text
    assert "21" in text
