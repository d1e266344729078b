"""Model outputs as readable text, and what a splitter makes of them.

In an output, ``<think>``, ``</think>``, ``<tool_call>`` and ``</tool_call>`` are the marks; ``&lt;`` is a
``<`` of ordinary text, so ``&lt;think>`` is text that only looks like a mark.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nemotron_runtime.chat.events import Piece, ReasoningDelta, TextDelta, ToolCallArgs, ToolCallStart
from nemotron_runtime.chat.fragments import Fragment, Mark
from nemotron_runtime.chat.splitter import Splitter

_MARKS = {mark.value: mark for mark in Mark}
_MARK = re.compile("(" + "|".join(map(re.escape, _MARKS)) + ")")

Tools = Mapping[str, Mapping[str, Any] | None] | None


@dataclass(frozen=True)
class Thought:
    text: str


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Call:
    """A call. ``arguments``: the JSON value, or the exact JSON text."""

    name: str
    arguments: Mapping[str, Any] | str


Part = Thought | Text | Call


@dataclass(frozen=True)
class Case:
    """An output and what it means.

    Attributes:
        vllm: The model engine's own parsers agree. A string: they don't, and why.
    """

    id: str
    output: str
    expected: Sequence[Part]
    thinking: bool = False
    tools: Tools = field(default_factory=lambda: TOOLS)
    cut: bool = False
    stop: tuple[str, ...] = ()
    max_calls: int | None = None
    vllm: bool | str = True


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


TOOLS: Mapping[str, Mapping[str, Any] | None] = {
    "get_time": None,
    "get_weather": _object(city={"type": "string"}, days={"type": "integer"}, unit={"enum": ["C", "F"]}),
    "write_file": _object(
        path={"type": "string"}, content={"type": "string"}, mode={"type": ["string", "null"]}
    ),
    "configure": _object(
        on={"type": "boolean"},
        ratio={"type": "number"},
        tags={"type": "array", "items": {"type": "string"}},
        options={"type": "object"},
        label={"type": ["string", "null"]},
    ),
}


def fragments(output: str) -> list[Fragment]:
    """One fragment for each mark and each run of text between them."""
    pieces = (piece for piece in _MARK.split(output) if piece)
    return [Fragment(piece.replace("&lt;", "<"), _MARKS.get(piece)) for piece in pieces]


def cut_at(whole: Sequence[Fragment], places: Iterable[int]) -> list[Fragment]:
    """The same output in other tokens: text is cut at the given places, counted over all text."""
    cuts, start, result = set(places), 0, []
    for fragment in whole:
        if fragment.mark:
            result.append(fragment)
            continue
        end = start + len(fragment.text)
        edges = [start, *sorted(cut for cut in cuts if start < cut < end), end]
        result += [Fragment(fragment.text[a - start : b - start]) for a, b in itertools.pairwise(edges)]
        start = end
    return result


def text_length(whole: Sequence[Fragment]) -> int:
    return sum(len(fragment.text) for fragment in whole if not fragment.mark)


def splitter_for(case: Case) -> Splitter:
    numbers = itertools.count()
    return Splitter(
        thinking=case.thinking,
        tools=case.tools,
        new_id=lambda: f"call_{next(numbers)}",
        stop=case.stop,
        max_calls=case.max_calls,
    )


def pieces_of(splitter: Splitter, tokens: Iterable[Fragment], *, cut: bool = False) -> list[Piece]:
    """Everything that a splitter says about an output."""
    pieces = [piece for token in tokens for piece in splitter.feed(token)]
    pieces += splitter.finish(cut=cut)
    assert splitter.finish(cut=cut) == []
    return pieces


def parts_of(pieces: Iterable[Piece]) -> list[Part]:
    """Joined pieces: what a client that collects them ends up with. Arguments as their JSON text."""
    parts: list[Part] = []
    ids: list[str] = []
    for piece in pieces:
        last = parts[-1] if parts else None
        match piece:
            case ReasoningDelta(text):
                assert text
                parts[-1:] = (
                    [Thought(last.text + text)] if isinstance(last, Thought) else [*parts[-1:], Thought(text)]
                )
            case TextDelta(text):
                assert text
                parts[-1:] = [Text(last.text + text)] if isinstance(last, Text) else [*parts[-1:], Text(text)]
            case ToolCallStart(index, id, name):
                assert index == len(ids)
                ids.append(id)
                parts.append(Call(name, ""))
            case ToolCallArgs(index, text):
                assert text
                assert index == len(ids) - 1
                assert isinstance(last, Call)
                parts[-1] = Call(last.name, f"{last.arguments}{text}")
    assert len(set(ids)) == len(ids)
    return parts


def settled(parts: Iterable[Part], like: Sequence[Part]) -> list[Part]:
    """``parts`` with arguments parsed where ``like`` has them as values."""
    return [
        Call(part.name, json.loads(str(part.arguments)))
        if isinstance(part, Call) and isinstance(other, Call) and not isinstance(other.arguments, str)
        else part
        for part, other in itertools.zip_longest(parts, like)
        if part is not None
    ]


def call(name: str, *parameters: tuple[str, str]) -> str:
    """A call as the chat template writes it."""
    body = "".join(f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in parameters)
    return f"<tool_call>\n<function={name}>\n{body}</function>\n</tool_call>"
