"""What tools return, and how the model tells it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from nemotron_demo.dialogues.lexicon import Lexicon, Value
from nemotron_demo.dialogues.requests import Request
from nemotron_demo.dialogues.script import listed
from nemotron_demo.dialogues.values import draw

_KEYS = (
    ("status", "done|open|closed|pending|ready|active"),
    ("id", "id"),
    ("result", "phrase"),
    ("count", "count"),
    ("price", "amount"),
    ("total", "amount"),
    ("date", "date"),
    ("time", "time"),
    ("name", "person"),
    ("city", "city"),
    ("title", "phrase"),
    ("number", "digits"),
    ("value", "digits"),
    ("level", "percent"),
    ("owner", "person"),
    ("available", "bool"),
    ("color", "red|green|blue|black|white"),
    ("temperature", "count"),
    ("condition", "sunny|cloudy|rainy|windy|snowy"),
)
_ERRORS = (
    "not found",
    "timeout",
    "no connection",
    "access denied",
    "service unavailable",
    "unknown city",
    "invalid input",
    "rate limit reached",
    "out of stock",
    "server error",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result as the tool wrote it, the thought about it, and the sentence that tells it."""

    content: str
    thought: str
    answer: str


def outcome_of(lexicon: Lexicon, request: Request) -> Outcome:
    """Something that the request's tool may return."""
    form = lexicon.rng.random()
    if form < 0.1:
        return _failed(lexicon)
    if request.offer.tool.answer and form < 0.7:
        return _known(lexicon, request)
    if form < 0.8:
        return _text(lexicon)
    if form < 0.85:
        return _items(lexicon)
    return _fields(lexicon, request)


def _failed(lexicon: Lexicon) -> Outcome:
    error = lexicon.pick(_ERRORS) if lexicon.chance(0.6) else lexicon.phrase()
    content = json.dumps({"error": error}) if lexicon.chance(0.7) else f"Error: {error}"
    return Outcome(content, f"The call failed: {error}.", f"Sorry, that failed: {error}.")


def _known(lexicon: Lexicon, request: Request) -> Outcome:
    drawn = {field.name: field.draw(lexicon) for field in request.offer.tool.result}
    content: dict[str, Any] = {key: value.value for key, value in drawn.items()}
    if lexicon.chance(0.3):
        content = {**request.arguments, **content}
    told = {**request.texts, **{key: value.text for key, value in drawn.items()}}
    thought = _says([(key, value.text) for key, value in drawn.items()])
    return Outcome(json.dumps(content), thought, request.offer.tool.answer.format(**told))


def _text(lexicon: Lexicon) -> Outcome:
    text = lexicon.phrase() if lexicon.chance(0.6) else f"{lexicon.number(1, 99)} {lexicon.phrase()}"
    return Outcome(text, f"The tool says: {text}.", f"The result is: {text}.")


def _items(lexicon: Lexicon) -> Outcome:
    kind = lexicon.pick(("path", "person", "word", "city"))
    items = [draw(kind, lexicon).text for _ in range(lexicon.number(2, 3))]
    return Outcome(
        json.dumps(items), f"The tool says: {', '.join(items)}.", f"The result is: {listed(items)}."
    )


def _fields(lexicon: Lexicon, request: Request) -> Outcome:
    taken = {field.name for field in request.offer.tool.result}
    drawn: dict[str, Value] = {}
    count = lexicon.pick((1, 1, 2, 2, 3))
    while len(drawn) < count:
        key, kind = lexicon.pick(_KEYS)
        if lexicon.chance(0.25):
            key = lexicon.noun()
        if key not in taken:
            drawn[key] = draw(kind, lexicon)
    told = [(key, value.text) for key, value in drawn.items()]
    content = {key: value.value for key, value in drawn.items()}
    answer = listed([f"the {key} is {text}" for key, text in told])
    return Outcome(json.dumps(content), _says(told), f"{answer[0].upper()}{answer[1:]}.")


def _says(fields: list[tuple[str, str]]) -> str:
    return "The tool says: " + ", ".join(f"{key} {text}" for key, text in fields) + "."
