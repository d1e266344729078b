"""The playground against the real engine: the embedded model thinks, calls a tool, and answers from its result."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.engine, pytest.mark.node]


def test_thought_call_result_answer(browse, live, shots):
    text = browse(
        "toolLoop",
        live,
        prompt="What is the weather in Paris?",
        calls=["get_weather"],
        results=['{"temperature_c": 21, "sky": "clear"}'],
        settings={"temperature": "0", "max_tokens": "400"},
        shots=shots,
    )
    assert text.strip()
