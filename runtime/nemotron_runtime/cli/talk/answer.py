"""Folds the chunks of a stream into one assistant message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Thought:
    """Reasoning text."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """Answer text."""

    text: str


@dataclass(frozen=True, slots=True)
class CallStart:
    """A tool call begins."""

    name: str


@dataclass(frozen=True, slots=True)
class CallArgs:
    """More of the call's arguments, JSON text."""

    text: str


Piece = Thought | Text | CallStart | CallArgs


@dataclass(slots=True)
class Answer:
    """What has come so far; ``finish`` and ``usage`` come last, ``usage`` not from every server."""

    text: str = ""
    reasoning: str = ""
    details: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    calls: dict[int, dict[str, Any]] = field(default_factory=dict)
    model: str = ""
    finish: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)

    def feed(self, chunk: Mapping[str, Any]) -> Iterator[Piece]:
        """Takes one chunk in; yields what is to be shown of it."""
        self.model = chunk.get("model") or self.model
        self.usage = chunk.get("usage") or self.usage
        for choice in (chunk.get("choices") or [])[:1]:
            self.finish = choice.get("finish_reason") or self.finish
            yield from self._delta(choice.get("delta") or {})

    def message(self) -> dict[str, Any]:
        """The message for the history, its reasoning as it came, so that the server can replay it."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text or None}
        if self.details:
            message["reasoning_details"] = list(self.details.values())
        elif self.reasoning:
            message["reasoning"] = self.reasoning
        if self.calls:
            message["tool_calls"] = list(self.calls.values())
        return message

    def _delta(self, delta: Mapping[str, Any]) -> Iterator[Piece]:
        for detail in delta.get("reasoning_details") or []:
            self._merge(detail)
        # Servers of other makes call it reasoning_content.
        if thought := delta.get("reasoning") or delta.get("reasoning_content"):
            self.reasoning += thought
            yield Thought(thought)
        if text := delta.get("content"):
            self.text += text
            yield Text(text)
        for call in delta.get("tool_calls") or []:
            yield from self._call(call)

    def _merge(self, detail: Mapping[str, Any]) -> None:
        """Pieces of the same type and index are one block: texts are joined, other fields set."""
        block = self.details.setdefault((str(detail.get("type")), detail.get("index") or 0), {})
        for key, value in detail.items():
            if key in ("text", "summary", "data") and value is not None:
                block[key] = block.get(key, "") + value
            elif value is not None:
                block[key] = value

    def _call(self, piece: Mapping[str, Any]) -> Iterator[Piece]:
        function = piece.get("function") or {}
        index = piece.get("index", 0)
        if index not in self.calls:
            name = function.get("name") or ""
            self.calls[index] = {
                "id": piece.get("id") or f"call_{index}",
                "type": "function",
                "function": {"name": name, "arguments": ""},
            }
            yield CallStart(name)
        if arguments := function.get("arguments"):
            self.calls[index]["function"]["arguments"] += arguments
            yield CallArgs(arguments)
