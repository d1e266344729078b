"""Records of generations, as a server would make them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import count

from nemotron_runtime.chat.call_check import CallCounts
from nemotron_runtime.chat.events import Timings, Usage
from nemotron_runtime.chat.record import App, Caller, Content, Cost, GenerationRecord

MODEL = "author/name"
NOW_S = 1_796_040_000
"""2026-11-30 12:00 UTC, a Monday."""

_numbers = count(1)

APP = App("https://example.org", title="Example", url="https://example.org", categories=("cli-agent",))
WHOLE = GenerationRecord(
    id="gen-1796040000-whole",
    created_s=NOW_S,
    model=f"{MODEL}:free",
    requested_model="other/alias",
    streamed=True,
    outcome="finished",
    usage=Usage(prompt_tokens=100, completion_tokens=40, reasoning_tokens=30, cached_tokens=64),
    timings=Timings(first_token_s=0.25, total_s=2.0),
    finish_reason="tool_calls",
    native_finish_reason="tool_calls",
    error_type="timeout",
    error_status=504,
    error_message="Operation timed out.",
    service_tier="default",
    cost=Cost(Decimal("0.000000000000000123"), Decimal("12345678901.000000001")),
    calls=CallCounts(total=4, invalid_json=1, unknown_name=2, schema_mismatch=1),
    caller=Caller(
        key_hash="a" * 64,
        app=APP,
        referer="https://example.org/page",
        user_agent="agent/1",
        session_id="session",
        user="user-7",
        api_type="completions",
    ),
    content=Content('[{"role":"user","content":"hi"}]', "hello", "hm", "[]"),
)
"""Every field has a value of its own."""


def record(**fields: object) -> GenerationRecord:
    """A plain finished generation with an id of its own."""
    plain = GenerationRecord(
        id=f"gen-{NOW_S}-{next(_numbers):020d}",
        created_s=NOW_S,
        model=MODEL,
        requested_model=MODEL,
        streamed=False,
        outcome="finished",
        usage=Usage(10, 5, 2, 1),
        timings=Timings(0.1, 0.5),
        finish_reason="stop",
        native_finish_reason="stop",
    )
    return replace(plain, **fields)
