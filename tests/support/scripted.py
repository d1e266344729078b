"""An engine of the tests that says what it is told, token by token."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass

from nemotron_runtime.chat.tokens import Tokens
from nemotron_runtime.engine.base import EngineInfo, EngineRequest, TokenDelta, TokenLogprob
from nemotron_runtime.errors import EngineDead


@dataclass(frozen=True)
class Wait:
    """Silence."""

    seconds: float


@dataclass(frozen=True)
class Hang:
    """Silence until the request is aborted or the engine dies."""


@dataclass(frozen=True)
class Raise:
    """The engine raises."""

    error: Exception


@dataclass(frozen=True)
class End:
    """The output ends with the engine's own word."""

    word: str = "stop"


Step = str | Wait | Hang | Raise | End
Script = Callable[[EngineRequest], Sequence[Step]]


@dataclass
class Play:
    """A script that a test may change."""

    steps: Sequence[Step]

    def __call__(self, request: EngineRequest) -> Sequence[Step]:
        return self.steps


class ScriptedEngine:
    """Says the script of each request. Text that spells a special token becomes that token.

    Attributes:
        requests: All that were started, in order (the supervisor's probe left out).
        aborted: Ids of those that were closed before their end.
        dead: Set it to kill the engine.
    """

    def __init__(self, tokens: Tokens, script: Script | Sequence[Step]) -> None:
        self._tokens = tokens
        self.script: Script = script if callable(script) else (lambda request: script)
        self._specials = re.compile("(" + "|".join(map(re.escape, tokens.specials)) + ")")
        self.requests: list[EngineRequest] = []
        self.aborted: list[str] = []
        self.ended = 0
        self.dead = False

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("scripted", "0", "cpu", 32768, 16, "float32")

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def check(self) -> None:
        if self.dead:
            raise EngineDead("dead")

    def ids(self, text: str) -> list[int]:
        """Ids of a text with marks."""
        ids: list[int] = []
        for piece in filter(None, self._specials.split(text)):
            special = self._tokens.specials.get(piece)
            ids += [special] if special is not None else self._tokens.encode(piece)
        return ids

    async def generate(self, request: EngineRequest) -> AsyncGenerator[TokenDelta, None]:
        if request.request_id == "probe":
            yield TokenDelta((self._tokens.encode("a")[0],), finish="length")
            return
        if self.dead:
            raise EngineDead("dead")
        self.requests.append(request)
        try:
            async for delta in self._deltas(request):
                yield delta
            self.ended += 1
        except GeneratorExit:
            self.aborted.append(request.request_id)
            raise
        except asyncio.CancelledError:
            self.aborted.append(request.request_id)
            raise

    async def _deltas(self, request: EngineRequest) -> AsyncGenerator[TokenDelta, None]:
        budget = request.sampling.max_tokens
        for step in self.script(request):
            match step:
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                case Hang():
                    while not self.dead:
                        await asyncio.sleep(0.01)
                    raise EngineDead("dead")
                case Raise(error):
                    raise error
                case End(word):
                    yield TokenDelta((11,) if word == "stop" else (), finish=word, cached_tokens=0)
                    return
                case str(text):
                    for token_id in self.ids(text):
                        budget -= 1
                        yield TokenDelta(
                            (token_id,),
                            finish=None if budget else "length",
                            cached_tokens=0,
                            logprobs=self._rows(request, token_id),
                        )
                        if not budget:
                            return
        yield TokenDelta((11,), finish="stop", cached_tokens=0)

    def _rows(self, request: EngineRequest, token_id: int) -> tuple[TokenLogprob, ...] | None:
        top = request.sampling.logprobs
        if top is None:
            return None
        return (TokenLogprob(token_id, -0.5, tuple((token_id + i, -0.5 - i) for i in range(top))),)
