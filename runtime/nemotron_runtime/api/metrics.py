"""Our own Prometheus metrics, beside vLLM's in the same registry, and the log line of each generation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from nemotron_runtime.chat.record import GenerationRecord

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
log = structlog.get_logger()


class MetricsRecorder:
    """A :class:`~nemotron_runtime.chat.record.Recorder` that counts and logs; it keeps no text."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._generations = Counter(
            "nemotron_generations_total",
            "Generations by how they ended.",
            ["outcome", "reason"],
            registry=registry,
        )
        self._tokens = Counter("nemotron_tokens_total", "Tokens by kind.", ["kind"], registry=registry)
        self._first_token = Histogram(
            "nemotron_first_token_seconds",
            "From acceptance to the first token of any kind.",
            buckets=SECONDS,
            registry=registry,
        )
        self._total = Histogram(
            "nemotron_generation_seconds", "From acceptance to the end.", buckets=SECONDS, registry=registry
        )

    def put(self, record: GenerationRecord) -> None:
        """Counts one generation."""
        reason = record.finish_reason or record.error_type or ""
        self._generations.labels(record.outcome, reason).inc()
        usage = record.usage
        for kind, count in (
            ("prompt", usage.prompt_tokens),
            ("cached", usage.cached_tokens),
            ("completion", usage.completion_tokens),
            ("reasoning", usage.reasoning_tokens),
        ):
            self._tokens.labels(kind).inc(count)
        if record.timings.first_token_s is not None:
            self._first_token.observe(record.timings.first_token_s)
        self._total.observe(record.timings.total_s)
        log.info(
            "generation",
            id=record.id,
            outcome=record.outcome,
            reason=reason,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            seconds=round(record.timings.total_s, 3),
        )


def watch_store(registry: CollectorRegistry, dropped: Callable[[], int], queued: Callable[[], int]) -> None:
    """Shows what the store's writer gave up and what waits for it."""
    rows = Gauge(
        "nemotron_store_rows",
        "Generations that wait for the store, or were given up.",
        ["state"],
        registry=registry,
    )
    rows.labels("dropped").set_function(dropped)
    rows.labels("queued").set_function(queued)


def watch_kernels(registry: CollectorRegistry, state: Callable[[], Mapping[str, Any]]) -> None:
    """Shows how many MoE layers our kernels have, out of :attr:`EngineInfo.kernels` as ``state`` gives it."""
    layers = Gauge("nemotron_moe_layers", "MoE layers by whose experts they have.", ["of"], registry=registry)

    def ours() -> int:
        return int(state().get("replaced", 0))

    layers.labels("nemotron_kernels").set_function(ours)
    layers.labels("vllm").set_function(lambda: int(state().get("layers", 0)) - ours())
