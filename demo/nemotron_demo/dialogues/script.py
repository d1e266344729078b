"""Writes a conversation turn by turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nemotron_demo.dialogue import Dialogue, Message

Call = tuple[str, Mapping[str, Any]]
"""A function's name and its arguments."""


@dataclass(slots=True)
class Script:
    """The turns so far. Every assistant turn has a thought; ``without_thoughts`` removes them."""

    messages: list[Message] = field(default_factory=list)
    tools: Sequence[Mapping[str, Any]] = ()
    _calls: list[str] = field(default_factory=list)

    def system(self, text: str) -> Script:
        """Adds a system prompt, which stands first."""
        self.messages.append({"role": "system", "content": text})
        return self

    def user(self, text: str) -> Script:
        """Adds what the user says."""
        self.messages.append({"role": "user", "content": text})
        return self

    def answer(self, text: str, thought: str) -> Script:
        """Adds an answer."""
        self.messages.append({"role": "assistant", "content": text, "reasoning_content": thought})
        return self

    def call(self, calls: Sequence[Call], thought: str) -> Script:
        """Adds a turn that calls functions."""
        before = sum(len(message.get("tool_calls", ())) for message in self.messages)
        self._calls = [f"call_{before + at}" for at in range(1, len(calls) + 1)]
        entries = [
            {"id": id, "type": "function", "function": {"name": name, "arguments": dict(arguments)}}
            for id, (name, arguments) in zip(self._calls, calls, strict=True)
        ]
        self.messages.append(
            {"role": "assistant", "content": "", "reasoning_content": thought, "tool_calls": entries}
        )
        return self

    def results(self, contents: Sequence[str]) -> Script:
        """Adds what the functions called last returned."""
        for id, content in zip(self._calls, contents, strict=True):
            self.messages.append({"role": "tool", "tool_call_id": id, "content": content})
        return self

    def dialogue(self, skill: str, schema: Mapping[str, Any] | None = None) -> Dialogue:
        """The conversation as written."""
        return Dialogue(skill, tuple(self.messages), tuple(self.tools), schema=schema)


def without_thoughts(dialogue: Dialogue) -> Dialogue:
    """The same conversation with a model that doesn't think."""
    messages = tuple(
        {key: value for key, value in message.items() if key != "reasoning_content"}
        for message in dialogue.messages
    )
    return replace(dialogue, messages=messages, thinking=False)


def with_system(dialogue: Dialogue, text: str) -> Dialogue:
    """The same conversation under a system prompt, if it has none yet."""
    if dialogue.messages[0]["role"] == "system":
        return dialogue
    return replace(dialogue, messages=({"role": "system", "content": text}, *dialogue.messages))


def listed(items: Sequence[str]) -> str:
    """Items as a sentence names them: a, b and c."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]
