"""Tasks from a copy of the data of bfcl-eval (Berkeley Function Calling Leaderboard, version 4).

Single-turn categories that can be judged without running anything. The judging follows bfcl-eval's
``ast_checker`` with two differences: a variable's name in place of a value is wrong here, and values are
compared all the way down. So shares stand beside the leaderboard's, not in for them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nemotron_bench.quality.ask import Reply
from nemotron_bench.quality.task import Check, Task, equal

WITH_ANSWERS = (
    *("simple_python", "multiple", "parallel", "parallel_multiple"),
    *("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple"),
)
WITHOUT_CALLS = ("irrelevance", "live_irrelevance")
ANY_CALL = ("live_relevance",)
CATEGORIES = (*WITH_ANSWERS, *WITHOUT_CALLS, *ANY_CALL)

MAX_FILE_BYTES = 64 << 20
_TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": "string"}
"""As bfcl-eval translates them for OpenAI's API."""
_IGNORED = re.compile(r"[ ,./\-_*^]")


class BadData(ValueError):
    """A folder or a file that isn't bfcl-eval's."""


def bfcl_tasks(folder: Path, category: str, count: int | None = None) -> list[Task]:
    """The first tasks of a category.

    Args:
        folder: ``bfcl_eval/data`` of an installed or unpacked bfcl-eval.
        count: How many; None: all.

    Raises:
        BadData: the category isn't read here, or its files aren't there or not of the form.
    """
    if category not in CATEGORIES:
        raise BadData(f"no category {category!r} is read here; there are {', '.join(CATEGORIES)}")
    questions = list(_lines(folder / f"BFCL_v4_{category}.json"))[:count]
    answers: dict[str, Any] = {}
    if category in WITH_ANSWERS:
        lines = _lines(folder / "possible_answer" / f"BFCL_v4_{category}.json")
        answers = {str(line.get("id")): line.get("ground_truth") for line in lines}
    return [_task(category, question, answers) for question in questions]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadData(f"{path} has more than {MAX_FILE_BYTES >> 20} MiB: not bfcl-eval's")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise BadData(f"{path}: {fault}; name the folder `data` of bfcl-eval 4") from fault
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as fault:
            raise BadData(f"{path}, line {number}: no JSON") from fault
        if not isinstance(entry, dict) or "id" not in entry:
            raise BadData(f"{path}, line {number}: no entry with an id")
        yield entry


def _task(category: str, question: Mapping[str, Any], answers: Mapping[str, Any]) -> Task:
    name = str(question["id"])
    try:
        (messages,) = question["question"]
        tools = [{"type": "function", "function": _function(one)} for one in question["function"]]
        check = _check(category, answers.get(name))
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise BadData(f"{category}, {name}: not of the form of bfcl-eval 4: {fault!r}") from fault
    return Task(f"BFCL {category}", name, {"messages": messages, "tools": tools}, check)


def _function(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": wire_name(one["name"]),
        "description": one.get("description", ""),
        "parameters": _schema(one["parameters"]),
    }


def wire_name(name: str) -> str:
    """A function's name as OpenAI's API takes it: no dots."""
    return name.replace(".", "_")


def _schema(node: Any) -> Any:
    """JSON Schema instead of Python's names of types; what a property is called is left alone."""
    if not isinstance(node, dict):
        return node
    found = {key: value for key, value in node.items() if key not in ("default", "optional", "format")}
    if isinstance(found.get("type"), str):
        found["type"] = _TYPES.get(found["type"], found["type"])
    if isinstance(found.get("properties"), dict):
        found["properties"] = {key: _schema(value) for key, value in found["properties"].items()}
    if "items" in found:
        found["items"] = _schema(found["items"])
    return found


def _check(category: str, truth: Any) -> Check:
    if category in WITHOUT_CALLS:
        return lambda reply: f"not expected: {reply.calls[0][0]}" if reply.calls else ""
    if category in ANY_CALL:
        return lambda reply: "" if reply.calls else "a call is expected"
    wanted = [(wire_name(name), options) for one in truth for name, options in one.items()]
    return lambda reply: judge(reply, wanted)


def judge(reply: Reply, wanted: list[tuple[str, Mapping[str, Any]]]) -> str:
    """What is wrong with the calls of a reply; empty where they are right, in any order.

    Args:
        wanted: Names, and for each argument the values that are right; an empty text among them says
            that it may be left out.
    """
    left = list(wanted)
    for name, text in reply.calls:
        try:
            arguments = json.loads(text)
        except ValueError:
            return f"arguments of {name} are no JSON"
        match = next((one for one in left if one[0] == name and fits(arguments, one[1])), None)
        if match is None:
            return f"not expected: {name}({text})"[:300]
        left.remove(match)
    return f"missing: {left[0][0]}" if left else ""


def fits(found: Any, wanted: Any) -> bool:
    """Whether a value is one that the ground truth takes."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and _arguments_fit(found, wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(fits, found, wanted))
    if isinstance(wanted, str) and isinstance(found, str):
        return _plain(found) == _plain(wanted)
    return equal(wanted, found)


def _arguments_fit(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    given = all(
        key in wanted and any(fits(value, one) for one in wanted[key]) for key, value in found.items()
    )
    return given and all(key in found or "" in options for key, options in wanted.items())


def _plain(text: str) -> str:
    return _IGNORED.sub("", text).lower().replace("'", '"')
