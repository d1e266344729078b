"""How a model is to be served on the cards there are, worked out before any weight is read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nemotron_runtime.errors import HardwareUnsupported
from nemotron_runtime.hardware.cards import Card
from nemotron_runtime.hardware.memory import GIB, Pool
from nemotron_runtime.models.shape import Shape
from nemotron_runtime.models.spec import ModelSpec, Variant

LADDER = (8192, 32768, 262144)
"""Lengths that the plan tells the number of sequences of."""
SHORTEST = 8192
"""Tokens below which serving is not worth proposing."""
SSM = "float32"
"""As published: mamba_ssm_cache_dtype."""
_PARALLEL = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Need:
    """What is asked for.

    Attributes:
        context_tokens: Of one sequence.
        variant: Of the weights; None: the best that fits.
        kv: Format of keys and values; None: the card's best.
        ssm: Format of the SSM states.
        utilization: Share of the memory to use; None: the card's.
    """

    context_tokens: int
    variant: str | None = None
    kv: str | None = None
    ssm: str = SSM
    utilization: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings that the engine starts with, and where each GiB of each GPU goes.

    Attributes:
        card: What it is for.
        count: GPUs in all: ``tensor_parallel`` times ``replicas`` or more.
        free_gib: For the cache, of one GPU; below zero where the weights alone don't fit.
        fits: Whether a sequence of ``context_tokens`` fits.
        why: The reasons, one sentence each.
    """

    card: Card
    count: int
    memory_gib: float
    utilization: float
    variant: Variant
    context_tokens: int
    kv: str
    ssm: str
    tensor_parallel: int
    replicas: int
    max_sequences: int
    batched_tokens: int
    moe_backend: str | None
    weights_gib: float
    free_gib: float
    pool: Pool
    why: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether one sequence of the context fits."""
        return self.sequences(self.context_tokens) >= 1

    def sequences(self, tokens: int) -> float:
        """Sequences of so many tokens at the same time, on one replica."""
        return self.pool.sequences(int(self.free_gib * GIB), tokens)

    @property
    def longest(self) -> int:
        """Tokens of the longest sequence that fits."""
        return self.pool.longest(int(self.free_gib * GIB))

    @property
    def memory(self) -> Mapping[str, float]:
        """Where the GiB of each GPU go."""
        return {
            "weights": self.weights_gib,
            "activations, graphs, CUDA": self.card.overhead_gib,
            "KV cache and SSM states": max(0.0, self.free_gib),
            "left to others": self.memory_gib * (1 - self.utilization),
        }

    @property
    def command(self) -> str:
        """The equal ``vllm serve`` line."""
        words = [
            f"vllm serve {self.variant.repo}",
            f"--max-model-len {self.context_tokens}",
            f"--max-num-seqs {self.max_sequences}",
            f"--max-num-batched-tokens {self.batched_tokens}",
            f"--gpu-memory-utilization {self.utilization:g}",
            f"--kv-cache-dtype {'fp8' if self.kv == 'fp8' else 'auto'}",
            f"--mamba-ssm-cache-dtype {self.ssm}",
            "--enable-prefix-caching",
        ]
        if self.tensor_parallel > 1:
            words.append(f"--tensor-parallel-size {self.tensor_parallel}")
        if self.replicas > 1:
            words.append(f"--data-parallel-size {self.replicas}")
        if self.moe_backend:
            words.append(f"--moe-backend {self.moe_backend}")
        words.append(
            "--reasoning-parser nemotron_v3 --enable-auto-tool-choice --tool-call-parser qwen3_coder"
        )
        return " ".join(words)


def plan(spec: ModelSpec, card: Card, count: int, need: Need, memory_gib: float | None = None) -> Plan:
    """The best plan that fits; where none does, the one that comes nearest (``fits`` is false).

    Args:
        memory_gib: Of each GPU as the driver says; None: the card's own figure.

    Raises:
        HardwareUnsupported: The model, or its weights, have no sizes to plan by.
        ConfigError: It has no such variant.
    """
    if spec.shape is None:
        raise HardwareUnsupported(f"{spec.slug} needs no plan: it runs on any machine")
    chosen = [spec.variant(need.variant)] if need.variant else [spec.variant(name) for name in card.variants]
    plans = [one for variant in chosen for one in _plans(spec.shape, variant, card, count, need, memory_gib)]
    return next((one for one in plans if one.fits), max(plans, key=lambda one: one.free_gib))


def nearest(spec: ModelSpec, card: Card, count: int, need: Need, memory_gib: float | None = None) -> str:
    """What would work where nothing fits, in a sentence."""
    best = plan(spec, card, count, need, memory_gib)
    if best.longest >= SHORTEST:
        tokens = best.longest // 1024 * 1024
        return f"A context of {tokens:,} tokens fits: --context-tokens {tokens}."
    for more in _PARALLEL:
        if more > count and plan(spec, card, more, need, memory_gib).fits:
            return f"{more} cards of this kind hold it."
    return (
        "A card of 32 GB or more holds the NVFP4 weights, one of 48 GB or more the FP8 weights. On this one, "
        "llama.cpp runs a 4-bit GGUF of the model."
    )


def _plans(
    shape: Shape, variant: Variant, card: Card, count: int, need: Need, memory_gib: float | None
) -> Iterator[Plan]:
    """One for each number of GPUs that may share a layer, fewest first."""
    if (whole := variant.weights_gib) is None:
        raise HardwareUnsupported(f"{variant.repo}: the size of its weights is not known")
    memory, share = memory_gib or card.memory_gib, need.utilization or card.utilization
    kv = need.kv or ("fp8" if card.fp8_cache and variant.quantization != "bf16" else "bfloat16")
    for parallel in _PARALLEL:
        if parallel > count:
            return
        weights = whole / parallel
        free = memory * share - card.overhead_gib - weights
        pool = Pool.of(shape, kv, need.ssm, tensor_parallel=parallel)
        short = int(pool.sequences(int(free * GIB), SHORTEST))
        yield Plan(
            card=card,
            count=count,
            memory_gib=memory,
            utilization=share,
            variant=variant,
            context_tokens=need.context_tokens,
            kv=kv,
            ssm=need.ssm,
            tensor_parallel=parallel,
            replicas=count // parallel,
            max_sequences=max(1, min(card.max_sequences, short)),
            batched_tokens=max(card.batched_tokens, pool.block_tokens),
            moe_backend=card.moe_backend.get(variant.name),
            weights_gib=weights,
            free_gib=free,
            pool=pool,
            why=tuple(_why(variant, card, kv, parallel, short, asked=bool(need.variant))),
        )


def _why(variant: Variant, card: Card, kv: str, parallel: int, short: int, *, asked: bool) -> Iterator[str]:
    place = card.variants.index(variant.name) if variant.name in card.variants else None
    if asked:
        yield f"{variant.name} is what you asked for."
    elif place == 0:
        yield f"{variant.name} is the first choice on {card.name}."
    elif place:
        yield f"{variant.name}: {', '.join(card.variants[:place])} would be better, but does not fit."
    if kv == "fp8":
        yield "Keys and values in FP8 take half the room; the published weights have scales for them."
    elif variant.quantization == "bf16":
        yield "Keys and values stay in BF16: these weights have no scales for FP8."
    if parallel > 1:
        yield f"{parallel} GPUs share each layer, since one does not hold it."
    if 0 < short < card.max_sequences:
        yield f"No more than {short} sequences at once: that many of {SHORTEST:,} tokens fit."
    if card.unified:
        yield "The memory is the machine's, too: a part of it is left to everything else."
    yield from card.notes
