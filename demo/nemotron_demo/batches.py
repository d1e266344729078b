"""Dialogues as token ids and the marks of what is to be learnt, in batches of like length."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from nemotron_demo.dialogue import Dialogue
from nemotron_demo.tokenizer import END, END_THINK, THINK, template
from nemotron_runtime.chat.template import Special

IGNORE = -100
POOL = 768
LENGTHS = 32
"""A batch is as long as a multiple of this, so that few sizes of matrix come up."""
CUT_THOUGHTS = 0.06
"""Share of the dialogues whose thoughts break off, as a budget makes them."""

_TEMPLATE = template()


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of a dialogue, and whether each is to be learnt."""

    ids: list[int]
    learnt: list[bool]


def plain_texts(dialogue: Dialogue) -> list[str]:
    """The plain text of a dialogue as the model sees it, cut at special tokens."""
    return [part for part in _parts(dialogue) if isinstance(part, str)]


def encode(dialogue: Dialogue, tokenizer: Tokenizer, rng: random.Random) -> Example:
    """Tokenises a dialogue as the server does. Learnt are the answers, from the open thought on."""
    ids: list[int] = []
    learnt: list[bool] = []
    parts = _parts(dialogue)
    cut = dialogue.thinking and rng.random() < CUT_THOUGHTS
    answering = False
    for index, part in enumerate(parts):
        previous = parts[index - 1] if index else None
        if isinstance(part, Special):
            ids.append(part.id)
            learnt.append(answering and not _is_special(previous, THINK))
            if part.id == THINK and index > 1 and parts[index - 1] == "assistant\n":
                answering = True
            elif part.id == END:
                answering = False
            continue
        new = tokenizer.encode(part, add_special_tokens=False).ids
        marks = [answering] * len(new)
        if dialogue.thinking and _is_special(previous, END_THINK) and _is_special(parts[index - 2], THINK):
            marks[0] = False  # an earlier thought is left out here, but it was there when this was said
        if answering and _is_special(previous, THINK):
            marks[0] = False
            if cut:
                keep = rng.randint(1, len(new))
                new, marks = new[:keep], marks[:keep]
        ids += new
        learnt += marks
    if cut:
        learnt = [mark and id != END_THINK for mark, id in zip(learnt, ids, strict=True)]
    return Example(ids, learnt)


def batches(
    draw: Callable[[random.Random], Dialogue], tokenizer: Tokenizer, seed: int, tokens: int, longest: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches without end.

    Args:
        draw: Draws a dialogue.
        tokenizer: The vocabulary.
        seed: Of dialogues and order.
        tokens: Of a batch at most, padding included.
        longest: Tokens of a dialogue at most; longer ones are left out.

    Yields:
        Inputs (B, L) and targets (B, L); a target of ``IGNORE`` counts for nothing.
    """
    rng = random.Random(seed)
    while True:
        pool = [encode(draw(rng), tokenizer, rng) for _ in range(POOL)]
        pool = sorted((e for e in pool if len(e.ids) <= longest), key=lambda e: len(e.ids))
        groups: list[list[Example]] = []
        for example in pool:
            if not groups or (len(groups[-1]) + 1) * _length(example) > tokens:
                groups.append([])
            groups[-1].append(example)
        rng.shuffle(groups)
        yield from map(padded, groups)


def padded(examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Inputs and targets of some examples, each (B, L)."""
    length = max(map(_length, examples))
    inputs = torch.zeros(len(examples), length, dtype=torch.long)
    targets = torch.full((len(examples), length), IGNORE)
    for row, example in enumerate(examples):
        ids, learnt = torch.tensor(example.ids), torch.tensor(example.learnt)
        inputs[row, : len(ids) - 1] = ids[:-1]
        targets[row, : len(ids) - 1] = ids[1:].masked_fill(~learnt[1:], IGNORE)
    return inputs, targets


def _length(example: Example) -> int:
    return -(-(len(example.ids) - 1) // LENGTHS) * LENGTHS


def _parts(dialogue: Dialogue) -> tuple[str | Special, ...]:
    return _TEMPLATE.render(
        dialogue.messages,
        dialogue.tools or None,
        enable_thinking=dialogue.thinking,
        add_generation_prompt=False,
    ).parts


def _is_special(part: str | Special | None, id: int) -> bool:
    return isinstance(part, Special) and part.id == id
