"""Requests of a user's own file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from nemotron_bench.client import Call
from nemotron_bench.workloads.generate import cancel_after
from nemotron_bench.workloads.spec import BadWorkload, Session, Workload

MAX_FILE_BYTES = 2 << 30
_ROLES = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}
_WORDS_TO_TOKENS = 4 / 3
"""A rule of thumb for English; it bounds the answers to a ShareGPT file, nothing is counted by it."""

Bodies = tuple[tuple[dict[str, Any], ...], ...]
"""Request bodies of each session."""


@dataclass(frozen=True, slots=True)
class ReplaySource:
    """The sessions of a file, in its order, once."""

    workload: Workload
    bodies: Bodies

    def sessions(self, part: str) -> Iterator[Session]:
        """The same for each part: a file has no other requests."""
        index = 0
        for session, bodies in enumerate(self.bodies):
            calls = []
            for turn, body in enumerate(bodies):
                leave = cancel_after(self.workload, f"{session}/{turn}")
                calls.append(Call(index, session, turn, {**body, **self.workload.body}, leave))
                index += 1
            yield tuple(calls)


def read_replay(path: Path) -> Bodies:
    """Reads JSON (a list) or JSONL (one a line) of chat requests or of ShareGPT's conversations.

    A conversation becomes a session: each human turn is a request, what came before it in the file is its
    history, and the recorded answer's length bounds ``max_tokens``.

    Raises:
        BadWorkload: it can't be read; names the place.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadWorkload(f"{path} has more than {MAX_FILE_BYTES >> 30} GiB: cut it")
        content = path.read_bytes()
    except OSError as fault:
        raise BadWorkload(f"{path}: {fault.strerror}") from fault
    sessions = tuple(_session(entry, f"{path.name}, {place}") for place, entry in _entries(path, content))
    if not sessions:
        raise BadWorkload(f"{path} has no requests")
    return sessions


def _entries(path: Path, content: bytes) -> Iterator[tuple[str, Any]]:
    if path.suffix == ".jsonl":
        for number, line in enumerate(content.splitlines(), 1):
            if line.strip():
                yield f"line {number}", _parse(line, f"{path.name}, line {number}")
        return
    document = _parse(content, path.name)
    if not isinstance(document, list):
        raise BadWorkload(f"{path.name}: a list is needed; one request a line goes into a file named .jsonl")
    yield from ((f"entry {number}", entry) for number, entry in enumerate(document, 1))


def _parse(content: bytes, place: str) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as fault:
        raise BadWorkload(f"{place}: no JSON: {fault}") from fault


def _session(entry: Any, place: str) -> tuple[dict[str, Any], ...]:
    if isinstance(entry, dict) and isinstance(entry.get("messages"), list) and entry["messages"]:
        dropped = ("stream", "stream_options", "model")
        return ({key: value for key, value in entry.items() if key not in dropped},)
    if isinstance(entry, dict) and isinstance(entry.get("conversations"), list):
        return _conversation(entry["conversations"], place)
    raise BadWorkload(f"{place}: neither a chat request with messages nor a conversation of ShareGPT's")


def _conversation(turns: list[Any], place: str) -> tuple[dict[str, Any], ...]:
    messages: list[dict[str, str]] = []
    requests: list[dict[str, Any]] = []
    for turn in turns:
        role = _ROLES.get(turn.get("from", "")) if isinstance(turn, dict) else None
        if role is None or not isinstance(turn.get("value"), str):
            raise BadWorkload(f"{place}: a turn has `from` ({', '.join(_ROLES)}) and `value`, a text")
        if role == "assistant" and requests:
            requests[-1].setdefault("max_tokens", _bound(turn["value"]))
        messages = [*messages, {"role": role, "content": turn["value"]}]
        if role == "user":
            requests.append({"messages": messages})
    if not requests:
        raise BadWorkload(f"{place}: a conversation without a human turn")
    return tuple(requests)


def _bound(answer: str) -> int:
    return max(1, round(len(answer.split()) * _WORDS_TO_TOKENS))
