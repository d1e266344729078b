"""Requests made from a seed."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from nemotron_bench.client import Call
from nemotron_bench.workloads.spec import Session, Source, Workload
from nemotron_bench.workloads.texts import text

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": about,
            "parameters": {"type": "object", "properties": {key: {"type": "string"}}, "required": [key]},
        },
    }
    for name, about, key in (
        ("search", "Search the documents.", "query"),
        ("read_file", "Read a file.", "path"),
        ("run_command", "Run a command and return its output.", "command"),
        ("get_weather", "The weather in a city.", "city"),
    )
]


@dataclass(frozen=True, slots=True)
class SyntheticSource:
    """Sessions of a workload whose texts come from a seed.

    Attributes:
        workload: With one length of the prompt.
    """

    workload: Workload
    seed: int

    def sessions(self, part: str) -> Iterator[Session]:
        """Without end."""
        indices = itertools.count()
        for session in itertools.count():
            name = f"{part}/{session}"
            history = self._opening(name)
            calls = []
            for turn in range(self.workload.turns):
                history = [*history, *self._turn(name, turn)]
                calls.append(self._call(next(indices), session, turn, name, history))
            yield tuple(calls)

    def _opening(self, name: str) -> list[dict[str, Any]]:
        work = self.workload
        if not work.prefix_tokens:
            return []
        group = random.Random(f"{self.seed}/{name}").randrange(work.prefix_groups)  # noqa: S311
        return [{"role": "system", "content": text(self.seed, f"prefix-{group}", work.prefix_tokens)}]

    def _turn(self, name: str, turn: int) -> list[dict[str, Any]]:
        """A question first; later a call of a tool and its result, as an agent's loop has them."""
        work = self.workload
        if turn == 0:
            return [{"role": "user", "content": text(self.seed, name, work.input_tokens[0])}]
        call_id = f"call_{turn}"
        asked = orjson.dumps({"query": text(self.seed, f"{name}/query-{turn}", 6)}).decode()
        function = {"name": "search", "arguments": asked}
        result = text(self.seed, f"{name}/result-{turn}", max(1, work.result_tokens))
        call = {"id": call_id, "type": "function", "function": function}
        return [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call_id, "content": result},
        ]

    def _call(self, index: int, session: int, turn: int, name: str, messages: list[dict[str, Any]]) -> Call:
        work = self.workload
        body: dict[str, Any] = {"messages": messages, "max_tokens": work.output_tokens, "seed": index}
        if work.fixed_output:
            body |= {"min_tokens": work.output_tokens, "ignore_eos": True}
        if work.turns > 1:
            body["tools"] = TOOLS
        leave = cancel_after(work, f"{self.seed}/{name}/{turn}")
        return Call(index, session, turn, {**body, **work.body}, leave)


def cancel_after(workload: Workload, name: str) -> int | None:
    """After how many events a request is left: in its first half, for the workload's share of them."""
    chance = random.Random(f"cancel/{name}")  # noqa: S311
    if chance.random() >= workload.cancel_share:
        return None
    return chance.randint(1, max(1, workload.output_tokens // 2))


def fingerprint(workload: Workload, source: Source, seed: int) -> str:
    """16 hex digits over the workload's fields, the seed, and the first requests, or all of a file."""
    digest = hashlib.sha256(orjson.dumps([asdict(workload) | {"file": None}, seed]))
    for session in itertools.islice(source.sessions("fingerprint"), None if workload.file else 4):
        digest.update(orjson.dumps([[call.body, call.cancel_after_events] for call in session]))
    return digest.hexdigest()[:16]
