"""How a claim of docs/api.md about one request field is proved: with the field and without it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx

from nemotron_runtime.chat.record import Caller
from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.engine.base import EngineRequest
from support.app import Running
from support.scripted import Step

Kind = Literal["used", "refused", "ignored"]
ANSWER: tuple[Step, ...] = ("thought</think>", "Hello")
_WORD = "(?:used|refused|ignored)"
_ROW = re.compile(rf"^\| `(?P<field>[^`]+)` \| (?P<words>{_WORD}(?:, {_WORD})*) \|")


@dataclass(frozen=True)
class Seen:
    """What a request led to; ``request`` is None where the engine was not asked."""

    answer: httpx.Response
    request: EngineRequest | None
    prompt: str
    caller: Caller | None = None

    @property
    def body(self) -> Any:
        return self.answer.json()

    @property
    def message(self) -> Any:
        return self.body["choices"][0]["message"]

    @property
    def chunks(self) -> list[Any]:
        lines = [line for line in self.answer.text.splitlines() if line.startswith("data: {")]
        return [json.loads(line.removeprefix("data: ")) for line in lines]

    @property
    def grammar(self) -> str:
        return (self.request and self.request.sampling.grammar) or ""


@dataclass(frozen=True)
class Case:
    """Proves one word about one field.

    Attributes:
        value: Of the field.
        base: The rest of the request; the other request of the proof is this alone.
        see: What the effect shows in. ``expected`` of the request with the field, and of no request without.
        status, says: Of a refusal.
        settings: Of the server.
    """

    kind: Kind
    value: Any
    base: Mapping[str, Any]
    see: Callable[[Seen], Any] = lambda seen: seen
    expected: Any = None
    status: int = 200
    says: str = ""
    script: Sequence[Step] = ANSWER
    settings: Mapping[str, Any] = field(default_factory=dict)


def used(
    value: Any,
    see: Callable[[Seen], Any],
    expected: Any,
    *,
    script: Sequence[Step] = ANSWER,
    settings: Mapping[str, Any] | None = None,
    **base: Any,
) -> Case:
    return Case("used", value, base, see, expected, script=script, settings=settings or {})


def refused(value: Any, status: int, says: str, **base: Any) -> Case:
    return Case("refused", value, base, status=status, says=says)


def ignored(value: Any, **base: Any) -> Case:
    return Case("ignored", value, base)


def documented(path: Path) -> list[tuple[str, frozenset[str]]]:
    """The rows of the field tables: the field and the words about it, in order."""
    rows = filter(None, map(_ROW.match, path.read_text(encoding="utf-8").splitlines()))
    return [(row["field"], frozenset(row["words"].split(", "))) for row in rows]


def put(body: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of the body with the value at the path; ``x[]`` is the last item of the list ``x``."""
    copied = here = deepcopy(dict(body))
    *steps, last = path.split(".")
    for step in steps:
        name = step.removesuffix("[]")
        here = here.setdefault(name, {}) if step == name else here.setdefault(name, [{}])[-1]
    here[last] = value
    return copied


def observe(server: Running, tokens: Tokens, body: Mapping[str, Any], script: Sequence[Step]) -> Seen:
    """Sends one request."""
    server.engine.script = lambda request: script
    before = len(server.engine.requests)
    answer = httpx.post(f"{server.api}/chat/completions", json=body, timeout=20)
    asked = server.engine.requests[before:]
    if not asked:
        return Seen(answer, None, "")
    (request,) = asked
    prompt = b"".join(map(tokens.bytes_of, request.prompt_token_ids))
    records = server.records.all
    return Seen(answer, request, prompt.decode(), records[-1].caller if records else None)


def lasting(seen: Seen) -> Any:
    """What two equal requests have in common: all but ids and times."""
    assert seen.request is not None
    body = seen.body
    for volatile in ("id", "created"):
        del body[volatile]
    return body, seen.request.prompt_token_ids, seen.request.sampling
