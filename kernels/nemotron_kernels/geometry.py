"""Sizes of the mixture-of-experts layer, and the least that any kernel must move and compute for them.

Shapes: T tokens, E experts, K experts per token, H hidden, I expert intermediate, S shared intermediate.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Geometry:
    """One layer, as one GPU holds it; the defaults are Nemotron 3 Nano 30B-A3B on one GPU."""

    experts: int = 128
    top_k: int = 6
    hidden: int = 2688
    intermediate: int = 1856
    shared_intermediate: int = 3712

    @property
    def shared_experts(self) -> int:
        """The shared expert, counted in routed ones: their first product is as wide."""
        return self.shared_intermediate // self.intermediate

    @property
    def expert_elements(self) -> int:
        """Both matrices of one routed expert."""
        return 2 * self.hidden * self.intermediate

    def distinct_experts(self, tokens: int) -> float:
        """How many experts T tokens reach on average where each chooses K of E evenly."""
        return self.experts * (1.0 - (1.0 - self.top_k / self.experts) ** tokens)

    def needed_bytes(
        self, tokens: int, distinct: float, weight_bytes: float, *, shared: bool = False
    ) -> float:
        """Bytes that must pass through memory once: weights of the reached experts, inputs and outputs.

        Args:
            tokens: T.
            distinct: experts that are reached; measured ones where they are known.
            weight_bytes: bytes of one weight.
            shared: counts the shared expert, too.
        """
        matrices = distinct + (self.shared_experts if shared else 0)
        activations = 2 * 2 * tokens * self.hidden
        return matrices * self.expert_elements * weight_bytes + activations

    def flops(self, tokens: int, *, shared: bool = False) -> float:
        """Multiplications and additions of T tokens."""
        return 2.0 * tokens * (self.top_k + (self.shared_experts if shared else 0)) * self.expert_elements


NANO = Geometry()
NANO_TP2 = Geometry(intermediate=928, shared_intermediate=1856)
"""Half of it: two GPUs with tensor parallelism."""


@dataclass(frozen=True, slots=True)
class Card:
    """Peaks of a card by its data sheet: no measurements, but the floor that measurements are held against.

    Attributes:
        name: as vLLM names its files of tuned tiles.
        memory_gb_s: HBM bandwidth in 10^9 bytes a second.
        tflops: dense 10^12 operations a second, by bytes of a weight.
    """

    name: str
    memory_gb_s: float
    tflops: dict[int, float]

    def floor_us(self, needed_bytes: float, flops: float, weight_bytes: int) -> float:
        """The time that neither memory nor arithmetic lets a kernel beat, in microseconds."""
        return max(needed_bytes / (self.memory_gb_s * 1e3), flops / (self.tflops[weight_bytes] * 1e6))


CARDS = {
    card.name: card
    for card in (
        Card("NVIDIA_H100_80GB_HBM3", 3350, {2: 990, 1: 1979}),
        Card("NVIDIA_H200", 4800, {2: 990, 1: 1979}),
    )
}
"""NVIDIA's data sheets of H100 SXM and H200 SXM, without sparsity."""
