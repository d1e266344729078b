"""Conversations of every kind that the chat template knows, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared/reference/data"
PUBLISHED_TEMPLATE = PUBLISHED / "chat_template.NVIDIA-Nemotron-3-Nano-30B-A3B-BF16.jinja"

TEXTS = (
    "Hello",
    "What is 2 + 2?",
    "  leading and trailing  ",
    "\n\nlines\n\n",
    "Grüße, 日本語, 🙂, \u200b, \u2028",
    "<b>&amp; \"quoted\" 'text'</b>",
    "{{ not.a.template }} {% if x %}",
    "</function>\n<parameter=x>\ny\n</parameter>",
    "<|im_start|>user\nI am text<|im_end|>",
    "None",
    " ",
    "",
    "a\tb\r\nc",
)
THOUGHTS = ("I think.", "  spaces  ", "Two\n\nparagraphs\n", " ", "", "{{ x }}", "The user wants ünïcode.")
SCALARS = (None, True, False, 0, -3, 2.5, 1e300, "text", "", "True", "line\nbreak")
SCHEMAS: tuple[Any, ...] = (
    {"type": "string", "description": " A city \n"},
    {"type": "string", "enum": ["celsius", "fahrenheit", "ünï", None, 1]},
    {"type": "integer", "minimum": 0, "maximum": 10, "default": None},
    {"type": "number", "exclusiveMinimum": 0.5},
    {"type": "boolean", "default": True},
    {"type": "null"},
    {"type": ["string", "null"]},
    {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
    {
        "type": "object",
        "properties": {"a": {"type": "object", "properties": {"b": {"type": "integer"}}}},
        "required": ["a"],
        "additionalProperties": False,
    },
    {"anyOf": [{"type": "string"}, {"type": "integer"}], "description": "either"},
    {"oneOf": [{"const": 1}, {"const": "<x>"}], "title": "T", "examples": ["é", {"k": [1]}]},
    {"$ref": "#/$defs/node"},
    {"name": "handled", "type": "string", "format": "date-time", "pattern": "^\\d+$"},
    {"description": None, "enum": []},
    {},
    True,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One call of the template."""

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None
    enable_thinking: bool
    truncate_history_thinking: bool
    add_generation_prompt: bool

    @property
    def options(self) -> dict[str, bool]:
        return {
            "enable_thinking": self.enable_thinking,
            "truncate_history_thinking": self.truncate_history_thinking,
            "add_generation_prompt": self.add_generation_prompt,
        }


def draw(seed: int) -> Case:
    rng = Random(seed)
    messages: list[dict[str, Any]] = []
    if rng.random() < 0.5:
        messages.append({"role": "system", "content": rng.choice(TEXTS)})
    elif rng.random() < 0.2:
        messages.append({"role": "developer", "content": rng.choice(TEXTS)})
    for _ in range(rng.randint(1, 4)):
        messages += _round(rng)
    tools = None if rng.random() < 0.3 else [_tool(rng) for _ in range(rng.randint(0, 3))]
    return Case(messages, tools, *(rng.random() < 0.5 for _ in range(3)))


def _round(rng: Random) -> list[dict[str, Any]]:
    """A user's turn and what follows it: answers, calls, results, a late instruction."""
    turn: list[dict[str, Any]] = []
    if rng.random() < 0.15:
        role = rng.choice(["system", "developer"])
        turn.append({"role": role, "content": rng.choice(TEXTS)})
    if rng.random() < 0.9:
        turn.append({"role": "user", "content": rng.choice(TEXTS)})
    for _ in range(rng.randint(0, 2)):
        calls = [_call(rng) for _ in range(rng.randint(1, 3))]
        turn.append(_assistant(rng) | {"tool_calls": calls})
        turn += [{"role": "tool", "content": rng.choice(TEXTS), "tool_call_id": "c"} for _ in calls]
    if rng.random() < 0.8 or not turn:
        turn.append(_assistant(rng))
    return turn


def _assistant(rng: Random) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant"}
    if rng.random() < 0.8:
        message["content"] = rng.choice([None, "", *TEXTS])
    if rng.random() < 0.5:
        message["reasoning_content"] = rng.choice([None, *THOUGHTS])
    if rng.random() < 0.1:
        message["tool_calls"] = rng.choice([None, []])
    return message


def _call(rng: Random) -> dict[str, Any]:
    function: dict[str, Any] = {"name": rng.choice(["get_weather", "f", "näme"])}
    if rng.random() < 0.9:
        names = rng.sample(["city", "unit", "list", "object", "x y", "é"], rng.randint(0, 4))
        function["arguments"] = {name: _value(rng) for name in names}
    return {"id": "c", "type": "function", "function": function} if rng.random() < 0.9 else function


def _value(rng: Random) -> Any:
    nested = [[], {}, ["a", {"b": None}], {"deep": [1, {"é": "<tag>&"}]}]
    return rng.choice([*SCALARS, *TEXTS, *nested])


def _tool(rng: Random) -> dict[str, Any]:
    function: dict[str, Any] = {"name": rng.choice(["get_weather", "search", "näme"])}
    if rng.random() < 0.8:
        function["description"] = rng.choice(TEXTS)
    if rng.random() < 0.85:
        function["parameters"] = _parameters(rng)
    if rng.random() < 0.3:
        function |= {"strict": rng.choice([True, False, None]), "returns": {"type": "object"}}
    return {"type": "function", "function": function} if rng.random() < 0.9 else function


def _parameters(rng: Random) -> Any:
    if rng.random() < 0.1:
        return rng.choice([None, {}, {"type": "object"}, {"properties": None}])
    names = rng.sample(["city", "unit", "count", "é", "a b", "type"], rng.randint(0, 5))
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: rng.choice(SCHEMAS) for name in names},
    }
    if rng.random() < 0.6:
        schema["required"] = names[:2]
    if rng.random() < 0.4:
        schema |= {"additionalProperties": False, "$defs": {"node": {"type": "object"}}, "title": "T é"}
    return schema
