"""One face for the clients under test: a task goes in as JSON, what the client saw comes back as JSON.

Each client does the task with its own means and in its own spelling; only the report is common.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

KEY = "sk-or-v1-a-key-of-the-tests"
MODEL = "nvidia/nemotron-3-nano-30b-a3b"

Json = Any
Work = Callable[[Mapping[str, Any]], Json]
"""Does one task against the server it was made for."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as the client holds it; ``arguments`` is JSON text."""

    id: str
    name: str
    arguments: str

    @property
    def values(self) -> Any:
        return json.loads(self.arguments)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, and US dollars. None where a client drops a field."""

    prompt: int
    completion: int
    reasoning: int | None
    cost: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A client's own exception, or what it makes of an error inside a stream.

    Attributes:
        name: Of the exception's class, or of the thing that carries the error.
        status: HTTP status; None inside a stream.
        code: ``error.code`` of the body, where the client shows it.
        kind: ``error.metadata.error_type``, where the client shows it.
    """

    name: str
    message: str
    status: int | None = None
    code: int | None = None
    kind: str | None = None
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client saw of one answer; ``pieces`` is the number of deltas, 0 without a stream."""

    text: str
    reasoning: str
    pieces: int
    calls: tuple[Call, ...] = ()
    finish: str | None = None
    usage: Usage | None = None
    model: str | None = None
    error: Failure | None = None
    value: Any = None

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Seen:
        usage, error = report.get("usage"), report.get("error")
        return cls(
            text=report["text"],
            reasoning=report["reasoning"],
            pieces=report["pieces"],
            calls=tuple(Call(**call) for call in report["calls"]),
            finish=report.get("finish"),
            usage=Usage(**{name: usage.get(name) for name in Usage.__slots__}) if usage else None,
            model=report.get("model"),
            error=Failure(**{name: error.get(name) for name in Failure.__slots__}) if error else None,
            value=report.get("value"),
        )


class Client:
    """A client at work. Fields of a request are named as on the wire."""

    def __init__(self, name: str, work: Work) -> None:
        self.name = name
        self._work = work

    def ask(self, prompt: str, *, stream: bool, key: str | None = KEY, **request: Any) -> Seen:
        """One question, one answer."""
        return Seen.of(self._do("ask", prompt, stream, request, key=key))

    def turns(
        self,
        prompt: str,
        *,
        stream: bool,
        then: str = "",
        later: Mapping[str, Any] | None = None,
        **request: Any,
    ) -> tuple[Seen, Seen]:
        """Two answers: the second to the results of the first one's calls or, without calls, to ``then``.

        Args:
            later: Fields that the second request has instead.
        """
        first, *others = map(
            Seen.of, filter(None, self._do("turns", prompt, stream, request, then=then, later=later))
        )
        assert first.error is None, first.error
        return first, others[0]

    def structured(self, prompt: str, *, stream: bool, **request: Any) -> Seen:
        """An answer whose ``value`` is parsed from it."""
        seen = Seen.of(self._do("structured", prompt, stream, request))
        assert seen.error is None, seen.error
        return seen

    def leave(self, prompt: str, *, stream: bool, **request: Any) -> Seen:
        """Leaves after the first text of a stream, or after a while."""
        return Seen.of(self._do("cancel", prompt, stream, request))

    def _do(self, what: str, prompt: str, stream: bool, request: Mapping[str, Any], **more: Any) -> Json:
        task = {"do": what, "prompt": prompt, "stream": stream, "key": KEY, **more}
        return self._work({**task, "request": {"model": MODEL, **request}})


def result_of(arguments: str) -> str:
    """What the tools of the tests answer; a call that was cut gets an answer, too."""
    try:
        return f"Result for {', '.join(map(str, json.loads(arguments).values()))}"
    except ValueError:
        return "Invalid arguments"
