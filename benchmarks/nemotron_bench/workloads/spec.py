"""A workload as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from nemotron_bench.client import Call

MAX_TOKENS = 1_000_000


class BadWorkload(ValueError):
    """A workload that can't be run."""


Session = tuple[Call, ...]
"""Requests that follow each other; most sessions are one request."""


class Source(Protocol):
    """Where sessions come from."""

    def sessions(self, part: str) -> Iterator[Session]:
        """Sessions of one part of a run, such as a step. Generated parts share no prompt."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What is asked. Lengths are approximate: one word stands for a token, and ``usage`` has the true counts.

    Attributes:
        input_tokens: Of a prompt's own text; several make a ladder, a step each.
        output_tokens: ``max_tokens``, and with ``fixed_output`` vLLM's ``min_tokens``, too.
        fixed_output: Ask for an answer of exactly this length (``ignore_eos``, which not every server knows).
        prefix_tokens: Text before the prompt that sessions share.
        prefix_groups: How many different prefixes there are.
        turns: Requests of a session; each has the earlier ones as history, with calls and their results.
        result_tokens: Length of each result of a tool.
        cancel_share: Share of requests that the client leaves in mid-stream, from 0 to 1.
        body: Further fields of each request.
        file: To replay, instead of all of the above but ``cancel_share`` and ``body``.
    """

    name: str
    about: str
    input_tokens: tuple[int, ...] = (1000,)
    output_tokens: int = 1000
    fixed_output: bool = True
    prefix_tokens: int = 0
    prefix_groups: int = 1
    turns: int = 1
    result_tokens: int = 0
    cancel_share: float = 0.0
    body: Mapping[str, Any] = field(default_factory=dict)
    file: Path | None = None

    def __post_init__(self) -> None:
        lengths = (*self.input_tokens, self.output_tokens, self.prefix_groups, self.turns)
        if not self.input_tokens or not all(1 <= length <= MAX_TOKENS for length in lengths):
            raise BadWorkload(f"{self.name}: lengths, groups and turns are from 1 to {MAX_TOKENS}")
        if not all(0 <= length <= MAX_TOKENS for length in (self.prefix_tokens, self.result_tokens)):
            raise BadWorkload(f"{self.name}: prefix and results have from 0 to {MAX_TOKENS} tokens")
        if not 0 <= self.cancel_share <= 1:
            raise BadWorkload(f"{self.name}: cancel_share is from 0 to 1")

    def rungs(self) -> tuple[Workload, ...]:
        """One workload for each length of the prompt."""
        return tuple(replace(self, input_tokens=(length,)) for length in self.input_tokens)
