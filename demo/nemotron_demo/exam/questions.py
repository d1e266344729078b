"""What is asked: every assistant turn of a dialogue becomes one request, after the true history."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nemotron_demo.dialogue import Dialogue, Message


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is expected.

    Attributes:
        arguments: JSON values by name.
    """

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """One turn that the model is asked for.

    Attributes:
        skill: Of the dialogue.
        body: The request, without anything about sampling.
        text: The expected answer; empty where calls are expected.
        calls: The expected calls, in order.
        results: Contents of the tool messages right before the turn.
        unseen: Whether each expected call is of a tool that training never showed.
        last: Whether the dialogue ends with it.
        tools: Parameters' schemas by the names of the tools.
        schema: Of the answer.
    """

    skill: str
    body: Mapping[str, Any]
    text: str
    calls: tuple[Call, ...]
    results: tuple[str, ...]
    tools: Mapping[str, Mapping[str, Any]]
    thinking: bool
    schema: Mapping[str, Any] | None = None
    unseen: bool = False
    last: bool = True

    @property
    def asked(self) -> str:
        """The text of the last user message."""
        said = [message["content"] for message in self.body["messages"] if message["role"] == "user"]
        return str(said[-1]) if said else ""


def questions_of(dialogues: Iterable[Dialogue], unseen: Collection[str] = ()) -> Iterator[Question]:
    """All assistant turns of all dialogues, in order.

    Args:
        unseen: Names of tools that no training dialogue has.
    """
    for dialogue in dialogues:
        for at, message in enumerate(dialogue.messages):
            if message["role"] == "assistant":
                yield _question(dialogue, at, unseen)


def _question(dialogue: Dialogue, at: int, unseen: Collection[str]) -> Question:
    turn = dialogue.messages[at]
    calls = tuple(Call(name, arguments) for _, name, arguments in _calls(turn))
    last = at == len(dialogue.messages) - 1
    schema = dialogue.schema if last else None
    return Question(
        skill=dialogue.skill,
        body=_body(dialogue, at, schema),
        text=turn.get("content") or "",
        calls=calls,
        unseen=bool(calls) and all(call.name in unseen for call in calls),
        results=_results(dialogue.messages[:at]),
        tools=dict(map(_parameters, dialogue.tools)),
        thinking=dialogue.thinking,
        schema=schema,
        last=last,
    )


def _body(dialogue: Dialogue, at: int, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "messages": [wire(message, number) for number, message in enumerate(dialogue.messages[:at])],
        "reasoning": {"enabled": dialogue.thinking},
    }
    if dialogue.tools:
        body["tools"] = [dict(tool) for tool in dialogue.tools]
    if schema is not None:
        form = {"name": "answer", "strict": True, "schema": dict(schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return body


def wire(message: Message, number: int) -> dict[str, Any]:
    """A message as clients send it: arguments as JSON text, a thought as ``reasoning``, ids for calls."""
    role = message["role"]
    sent: dict[str, Any] = {"role": role, "content": message.get("content") or ""}
    if role == "tool":
        sent["tool_call_id"] = message.get("tool_call_id") or f"call_{number}"
    if role != "assistant":
        return sent
    if thought := message.get("reasoning_content"):
        sent["reasoning"] = thought
    if calls := _calls(message):
        sent["tool_calls"] = [
            {
                "id": id or f"call_{number + 1 + place}",  # the message that holds this call's result
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)},
            }
            for place, (id, name, arguments) in enumerate(calls)
        ]
    return sent


def _calls(message: Message) -> list[tuple[str, str, Mapping[str, Any]]]:
    calls = message.get("tool_calls") or ()
    functions = [call.get("function", call) for call in calls]
    ids = [call.get("id", "") for call in calls]
    return [(id, one["name"], one["arguments"]) for id, one in zip(ids, functions, strict=True)]


def _results(history: Sequence[Message]) -> tuple[str, ...]:
    found: list[str] = []
    for message in reversed(history):
        if message["role"] != "tool":
            break
        found.insert(0, str(message["content"]))
    return tuple(found)


def _parameters(tool: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    function = tool.get("function", tool)
    return function["name"], function.get("parameters") or {}
