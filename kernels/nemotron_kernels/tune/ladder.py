"""The token counts that are measured, and what is believed of those between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nemotron_kernels.choice import STOCK, Choice
from nemotron_kernels.dispatch import Range

LADDER = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 1536, 2048, 3072, 4096, 8192)
CHECKED = (5, 6, 257)
"""Where vLLM changes its own way: 5 tokens are the last without a sort, 256 the last with the shared expert
beside the routed ones. Nothing is searched here, but what their neighbours won with must win here, too."""


@dataclass(frozen=True, slots=True)
class Rung:
    """What was found at one token count: a choice that beat stock, or stock.

    Attributes:
        tokens: T.
        choice: the fastest that is right.
        gain: stock's time over its own; None for stock.
    """

    tokens: int
    choice: Choice = STOCK
    gain: float | None = None

    @property
    def won(self) -> bool:
        """Whether our kernels run here."""
        return self.choice.way != "stock"


def ranges(rungs: Sequence[Rung]) -> tuple[Range, ...]:
    """Token counts for which our kernels are trusted.

    A count between two rungs is ours only if ours won at both, and takes the choice of the nearer one (of the
    lower, where both are as near), as vLLM looks up its tiles. Beyond the ends nothing was measured: stock.

    Args:
        rungs: in any order, one for a token count.
    """
    ordered = sorted(rungs, key=lambda rung: rung.tokens)
    found = []
    for index, rung in enumerate(ordered):
        if not rung.won:
            continue
        below = ordered[index - 1] if index else None
        above = ordered[index + 1] if index + 1 < len(ordered) else None
        first = (below.tokens + rung.tokens) // 2 + 1 if below and below.won else rung.tokens
        last = (rung.tokens + above.tokens) // 2 if above and above.won else rung.tokens
        found.append(Range(first, last, rung.choice, rung.gain))
    return tuple(found)
