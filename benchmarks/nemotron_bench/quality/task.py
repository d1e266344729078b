"""A task: what is asked, and what a right answer is."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from nemotron_bench.quality.ask import Reply

Check = Callable[[Reply], str]
"""Says what is wrong with a reply; empty where it is right."""
Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """One question.

    Attributes:
        kind: What it is counted under, such as ``needle 4000``.
        body: Of the request, without model and sampling.
    """

    kind: str
    name: str
    body: Mapping[str, Any]
    check: Check


def user(text: str) -> list[dict[str, Any]]:
    """Messages of one question."""
    return [{"role": "user", "content": text}]


def last_number(expected: int) -> Check:
    """The last whole number of the answer is this one."""

    def check(reply: Reply) -> str:
        numbers = re.findall(r"-?\d+", reply.content.replace(",", ""))
        return "" if numbers and int(numbers[-1]) == expected else f"{expected} expected"

    return check


def word(expected: str, others: tuple[str, ...] = ()) -> Check:
    """The answer has this word, and none of the others."""

    def check(reply: Reply) -> str:
        said = set(re.findall(r"\w+", reply.content.lower()))
        wrong = [other for other in others if other.lower() in said]
        if expected.lower() not in said:
            return f"{expected} expected"
        return f"{wrong[0]} is in the answer, too" if wrong else ""

    return check


def exact_calls(*expected: tuple[str, Arguments]) -> Check:
    """Exactly these calls, in any order; arguments equal as JSON, types and all."""

    def check(reply: Reply) -> str:
        left = list(expected)
        for name, text in reply.calls:
            try:
                arguments = json.loads(text)
            except ValueError:
                return f"arguments of {name} are no JSON"
            match = next((one for one in left if one[0] == name and equal(dict(one[1]), arguments)), None)
            if match is None:
                return f"not expected: {name}({text})"
            left.remove(match)
        return f"missing: {left[0][0]}({json.dumps(left[0][1])})" if left else ""

    return check


def no_call(reply: Reply) -> str:
    """Nothing is called, and something is said."""
    if reply.calls:
        return f"not expected: {reply.calls[0][0]}"
    return "" if reply.content.strip() else "no answer"


def document(schema: Mapping[str, Any], expected: Mapping[str, Any]) -> Check:
    """The whole answer is JSON, valid by the schema, and equal to what is expected."""

    def check(reply: Reply) -> str:
        try:
            found = json.loads(reply.content)
        except ValueError:
            return "no JSON"
        fault = next(Draft202012Validator(dict(schema)).iter_errors(found), None)
        if fault is not None:
            return f"against the schema: {fault.message}"[:200]
        return "" if equal(dict(expected), found) else f"{json.dumps(expected)} expected"

    return check


def equal(expected: Any, found: Any) -> bool:
    """As JSON values: 1 equals 1.0, and True doesn't equal 1, however deep."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return math.isclose(expected, found, rel_tol=1e-9)
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(equal(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(equal, expected, found))
    return type(expected) is type(found) and bool(expected == found)
