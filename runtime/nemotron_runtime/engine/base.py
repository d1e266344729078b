"""What the core asks of an engine: token ids in, token ids out.

Text never crosses this border: marks such as ``</think>`` count by token id, and one decoder of ours
(:mod:`nemotron_runtime.chat.tokens`) turns ids into bytes, so that no byte is decided twice.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen. Defaults are the model's neutral values.

    Attributes:
        max_tokens: Output tokens at most, 1 or more.
        top_k: 0 is off.
        logprobs: None: none. N: the sampled token's and the N likeliest ones' (0..20).
        stop_token_ids: Tokens that end the output; the last id of the output may be one of them.
        grammar: An xgrammar structural tag (JSON text) that the whole output obeys from its
            first token on: thinking and its budget, calls, JSON. None: free text.
    """

    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    logprobs: int | None = None
    stop_token_ids: tuple[int, ...] = ()
    grammar: str | None = None


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """One generation, as the engine sees it."""

    request_id: str
    prompt_token_ids: tuple[int, ...]
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """Natural-log probability of a sampled token, and of the likeliest ones, best first."""

    token_id: int
    logprob: float
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TokenDelta:
    """What one engine step added.

    Attributes:
        token_ids: New ids, in order; a closing stop token is among them.
        finish: None while the output goes on; else the engine's own word (``stop``, ``length``,
            ``abort``, ``error``, ``repetition``).
        cached_tokens: Prompt tokens taken from the prefix cache; None until known.
        logprobs: One row for each of ``token_ids`` where asked for.
    """

    token_ids: tuple[int, ...]
    finish: str | None = None
    cached_tokens: int | None = None
    logprobs: tuple[TokenLogprob, ...] | None = None


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What runs: shown by /ready, /models and the start-up text.

    Attributes:
        kernels: What the MoE layers run, by :func:`nemotron_runtime.engine.kernels.state`.
    """

    name: str
    version: str
    device: str
    context_tokens: int
    max_sequences: int
    dtype: str
    details: Mapping[str, str] = field(default_factory=dict)
    kernels: Mapping[str, Any] = field(default_factory=dict)


class Engine(Protocol):
    """A running, or startable, model."""

    @property
    def info(self) -> EngineInfo:
        """Valid once :meth:`start` has returned."""

    async def start(self) -> None:
        """Loads the model. Raises SetupError where that can't succeed."""

    def generate(self, request: EngineRequest) -> AsyncGenerator[TokenDelta, None]:
        """Yields deltas until one has ``finish``. Closing the generator aborts the request.

        Raises:
            EngineOverloaded: before the first delta, when the queue is full.
            InvalidRequest: before the first delta, when the engine refuses the request's settings.
            EngineDead: at any time.
        """

    async def check(self) -> None:
        """Returns while the engine is alive, else raises EngineDead."""

    async def stop(self) -> None:
        """Frees everything. Safe to call twice."""
