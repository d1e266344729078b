from __future__ import annotations

import json
from typing import Any

import pytest

from nemotron_runtime.chat.call_check import CallCounts, count_calls

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS: dict[str, Any] = {"weather": CITY, "free": None}


@pytest.mark.parametrize(
    ("name", "arguments", "counts"),
    [
        ("weather", '{"city":"Oslo"}', CallCounts(1)),
        ("weather", "", CallCounts(1, schema_mismatch=1)),
        ("weather", '{"city":"Oslo"', CallCounts(1, invalid_json=1)),
        ("weather", '{"city":1}', CallCounts(1, schema_mismatch=1)),
        ("weather", '{"city":"Oslo","more":1}', CallCounts(1, schema_mismatch=1)),
        ("weather", "[]", CallCounts(1, schema_mismatch=1)),
        ("whether", '{"city":"Oslo"}', CallCounts(1, unknown_name=1)),
        ("free", '{"anything":[1]}', CallCounts(1)),
    ],
)
def test_verdicts(name: str, arguments: str, counts: CallCounts) -> None:
    assert count_calls([(name, arguments)], TOOLS) == counts


def test_calls_add_up() -> None:
    calls = [("weather", '{"city":"Oslo"}'), ("x", "{}"), ("weather", "{"), ("weather", "{}")]
    counts = count_calls(calls, TOOLS)
    assert counts == CallCounts(4, invalid_json=1, unknown_name=1, schema_mismatch=1)
    assert counts.bad == 3


def test_without_tools_every_name_is_unknown() -> None:
    assert count_calls([("weather", "{}")], None).unknown_name == 1
    assert count_calls([], None) == CallCounts()


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "no such type"},
        {"$ref": "#/definitions/nowhere"},
        {"$ref": "#"},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"properties": 7},
    ],
    ids=str,
)
def test_a_schema_that_is_none_allows_everything(schema: dict[str, Any]) -> None:
    """And nothing is fetched for it."""
    assert count_calls([("odd", '{"a":1}')], {"odd": schema}).bad == 0


def test_a_client_s_regular_expression_is_not_run() -> None:
    """This one would not end before the universe does."""
    endless = "^(a+)+$"
    schema = {
        "properties": {"text": {"type": "string", "pattern": endless}},
        "patternProperties": {endless: {"type": "integer"}},
        "additionalProperties": False,
    }
    slow = "a" * 60 + "!"
    arguments = json.dumps({"text": slow, slow: 1})
    assert count_calls([("slow", arguments)], {"slow": schema}).bad == 0
