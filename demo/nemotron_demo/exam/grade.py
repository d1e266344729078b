"""Whether a reply is right. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator

from nemotron_demo.exam.ask import Reply
from nemotron_demo.exam.questions import Call, Question

SINGLE = "single tool calls exact"
PARALLEL = "parallel tool calls exact"
UNSEEN = "of these, calls of tools kept out of training"
NO_CALL = "no call where no tool fits"
BESIDE = "answers beside tools that don't fit exact"
AFTER = "answers after tool results exact"
AFTER_VALUES = "answers after tool results hold the values"
ARITHMETIC = "arithmetic right"
TEXT = "text skills exact"
SYSTEM = "system rules exact"
JSON_VALID = "JSON valid for its schema"
JSON_RIGHT = "JSON right"
CHAT = "chat exact"
MEMORY = "memory exact"
WELL_FORMED = "well-formed turns of any kind"

MEASURES = (
    *(SINGLE, PARALLEL, UNSEEN, NO_CALL, BESIDE, AFTER, AFTER_VALUES, ARITHMETIC),
    *(TEXT, SYSTEM, JSON_VALID, JSON_RIGHT, CHAT, MEMORY, WELL_FORMED),
)

FAMILIES = {"arithmetic": ARITHMETIC, "text": TEXT, "system": SYSTEM, "json": JSON_RIGHT, "chat": CHAT}
"""How plain answers are measured, by the skill's family."""

RECALL = "chat.recall"
"""The skill whose last turn asks for what was said before."""

LEAKS = ("<think", "</think", "<tool_call", "</tool_call", "<function", "</function", "<parameter")
LEAKED_SPECIALS = ("<|im_start|>", "<|im_end|>", "<s>", "</s>", "<tool_response")

_NUMBER = re.compile(r"(?<!\d)-?\d+(?:\.\d+)?")
_RESULT = re.compile(r"= (-?\d+)")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply is worth.

    Attributes:
        marks: Whether it is right, by measure.
        faults: Why it is not well-formed, in words; empty where it is.
    """

    marks: Mapping[str, bool]
    faults: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether nothing at all is wrong with it."""
        return all(self.marks.values())


def grade(question: Question, reply: Reply) -> Verdict:
    """Measures a reply by all that applies to its question."""
    faults = tuple(faults_of(question, reply))
    return Verdict({**dict(_marks(question, reply)), WELL_FORMED: not faults}, faults)


def _marks(question: Question, reply: Reply) -> Iterator[tuple[str, bool]]:
    if question.calls:
        exact = same_calls(question.calls, reply.calls)
        yield (SINGLE if len(question.calls) == 1 else PARALLEL), exact
        if question.unseen:
            yield UNSEEN, exact
        return
    exact = not reply.calls and same_text(question.text, reply.content)
    if question.results:
        yield AFTER, exact
        yield AFTER_VALUES, not reply.calls and holds_values(question, reply.content)
        return
    if question.tools:
        yield NO_CALL, not reply.calls and not reply.error
        yield BESIDE, exact
        return
    if question.schema is not None:
        yield JSON_VALID, obeys(question.schema, reply.content)
    measure = _measure(question)
    if measure == JSON_RIGHT:
        yield JSON_RIGHT, same_json(parsed(question.text), parsed(reply.content))
    elif measure == ARITHMETIC:
        yield ARITHMETIC, same_number(question.text, reply.content)
    elif measure:
        yield measure, exact


def _measure(question: Question) -> str | None:
    if question.skill == RECALL:
        return MEMORY if question.last else CHAT
    return FAMILIES.get(question.skill.partition(".")[0])


def same_calls(expected: Sequence[Call], got: Sequence[tuple[str, str]]) -> bool:
    """Equal names and arguments, in order."""
    return len(expected) == len(got) and all(
        call.name == name and same_json(dict(call.arguments), parsed(arguments))
        for call, (name, arguments) in zip(expected, got, strict=True)
    )


def same_json(left: Any, right: Any) -> bool:
    """Equal as JSON values: ``true`` is not ``1``, but ``1`` is ``1.0``. What is no JSON equals nothing."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


class Unparsed:
    """No JSON; equal to nothing but itself."""


def parsed(text: str) -> Any:
    """The JSON value of a text; a value that equals nothing where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return Unparsed()


def same_text(left: str, right: str) -> bool:
    """Equal but for whitespace."""
    return left.split() == right.split()


def same_number(expected: str, got: str) -> bool:
    """Whether the last numbers of both texts are equal; of several sums, the result of each."""
    if expected.count("=") > 1:
        return _RESULT.findall(expected) == _RESULT.findall(got)
    left, right = _NUMBER.findall(expected), _NUMBER.findall(got)
    return bool(left and right) and Decimal(left[-1]) == Decimal(right[-1])


def obeys(schema: Mapping[str, Any], text: str) -> bool:
    """Whether a text is JSON that is valid for a schema."""
    value = parsed(text)
    return not isinstance(value, Unparsed) and Draft202012Validator(schema).is_valid(value)


def holds_values(question: Question, got: str) -> bool:
    """Whether an answer holds each value of the results that the expected answer holds.

    An expected answer without any such value has to be met exactly.
    """
    values = {value for result in question.results for value in _values(result)}
    needed = [value for value in values if _within(value, question.text)]
    if not needed:
        return same_text(question.text, got)
    return all(_within(value, got) for value in needed)


def _values(result: str) -> Iterator[str]:
    value = parsed(result)
    yield from result.split() if isinstance(value, Unparsed) else _leaves(value)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str):
        yield value
    elif value is not None and not isinstance(value, bool):
        yield json.dumps(value)


def _within(value: str, text: str) -> bool:
    value = value.strip(" .,:;!?")
    return bool(value) and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def faults_of(question: Question, reply: Reply) -> Iterator[str]:
    """All that makes a reply malformed, whether or not it is right."""
    if reply.error:
        yield reply.error
        return
    if reply.finish not in ("stop", "tool_calls"):
        yield f"finish reason {reply.finish}"
    for where, text in (("answer", reply.content), ("thought", reply.reasoning)):
        if leaked := [mark for mark in (*LEAKS, *LEAKED_SPECIALS) if mark in text]:
            yield f"{leaked[0]} in the {where}"
    if not reply.content.strip() and not reply.calls:
        yield "neither an answer nor a call"
    if question.thinking != bool(reply.reasoning.strip()):
        yield "no thought" if question.thinking else "a thought with thinking off"
    for name, arguments in reply.calls:
        yield from _faults_of_call(question, name, arguments)


def _faults_of_call(question: Question, name: str, arguments: str) -> Iterator[str]:
    if name not in question.tools:
        yield f"no tool is called {name}"
    elif not isinstance(parsed(arguments), dict):
        yield f"arguments of {name} are no JSON object"
    elif not obeys(question.tools[name], arguments):
        yield f"arguments of {name} break its schema"
