"""What was said in a generation, put together from its events."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from nemotron_runtime.chat.events import ChatEvent, ReasoningDelta, TextDelta, ToolCallArgs, ToolCallStart
from nemotron_runtime.chat.record import Content


@dataclass(slots=True)
class Transcript:
    """Whole texts. ``calls`` are names with arguments as JSON text."""

    completion: str = ""
    reasoning: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, events: Iterable[ChatEvent]) -> Transcript:
        """Puts events together."""
        texts: list[str] = []
        thoughts: list[str] = []
        names: list[str] = []
        arguments: list[list[str]] = []
        for event in events:
            match event:
                case TextDelta(text=text):
                    texts.append(text)
                case ReasoningDelta(text=text):
                    thoughts.append(text)
                case ToolCallStart(name=name):
                    names.append(name)
                    arguments.append([])
                case ToolCallArgs(index=index, text=text):
                    arguments[index].append(text)
        calls = list(zip(names, map("".join, arguments), strict=True))
        return cls("".join(texts), "".join(thoughts), calls)

    def content(self, messages_json: str | None) -> Content | None:
        """As it is stored; None where it isn't to be."""
        if messages_json is None:
            return None
        calls = [{"name": name, "arguments": arguments} for name, arguments in self.calls]
        return Content(messages_json, self.completion, self.reasoning, json.dumps(calls))
