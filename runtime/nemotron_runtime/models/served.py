"""What a model's spec leaves open until the process runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nemotron_runtime.models.spec import ModelSpec


@dataclass(frozen=True, slots=True)
class Served:
    """A model as this process serves it.

    Attributes:
        context_tokens: Prompt and output together that the engine has room for.
        quantization: Of the weights that were loaded, in the words of the wire.
        caches_prompts: Shared prefixes are computed once.
        retains_prompts: Prompts outlive their request (a log or a store with content turned on).
    """

    spec: ModelSpec
    context_tokens: int
    quantization: str
    caches_prompts: bool = True
    retains_prompts: bool = False

    @property
    def max_completion_tokens(self) -> int:
        """The spec's limit, or the context where that is smaller or the spec has none."""
        return min(self.spec.max_completion_tokens or self.context_tokens, self.context_tokens)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of one quantity over a window."""

    p50: float
    p75: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True)
class Health:
    """How the endpoint has done lately; None where too little was seen.

    Attributes:
        status: 0 is healthy, below it degraded.
        uptime_last_5m: Per cent, as are the other two.
        latency_last_30m: Milliseconds to the first token.
        throughput_last_30m: Output tokens per second.
    """

    status: int = 0
    uptime_last_5m: float | None = None
    uptime_last_30m: float | None = None
    uptime_last_1d: float | None = None
    latency_last_30m: Percentiles | None = None
    throughput_last_30m: Percentiles | None = None


HealthSource = Callable[[], Health]
"""Asked at each request for an endpoint; ``Health`` itself is the source that knows nothing."""
