"""What a network has learnt so far, told while it learns: the share of dialogues that it gets right."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import torch
from tokenizers import Tokenizer

from nemotron_demo import dialogues
from nemotron_demo.batches import IGNORE, Example, encode, padded
from nemotron_demo.network import Network

DIALOGUES = 160
_ROWS = 16


class Progress:
    """Held-out dialogues, each right where every learnt token is the likeliest after those before it.

    That is milder than letting the model write, and takes seconds.
    """

    def __init__(self, tokenizer: Tokenizer, seed: int = 0, count: int = DIALOGUES) -> None:
        rng = random.Random(f"progress {seed}")
        drawn = [dialogues.draw(rng, held_out=True) for _ in range(count)]
        examples = [(dialogue.skill, encode(dialogue, tokenizer, rng)) for dialogue in drawn]
        self._examples = sorted(examples, key=lambda pair: len(pair[1].ids))

    @torch.no_grad()
    def of(self, network: Network) -> str:
        """The percentage of each skill, in a line."""
        right: Counter[str] = Counter()
        for start in range(0, len(self._examples), _ROWS):
            rows = self._examples[start : start + _ROWS]
            for (skill, _), good in zip(rows, _right(network, [row for _, row in rows]), strict=True):
                right[skill] += good
        counts = Counter(skill for skill, _ in self._examples)
        return "  ".join(f"{skill} {right[skill] / counts[skill]:.0%}" for skill in sorted(counts))


def _right(network: Network, examples: Sequence[Example]) -> list[bool]:
    inputs, targets = padded(examples)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        likeliest = network.logits(network(inputs)).argmax(-1)
    marks: list[bool] = ((likeliest == targets) | (targets == IGNORE)).all(-1).tolist()
    return marks
