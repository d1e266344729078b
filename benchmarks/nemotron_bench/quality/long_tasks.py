"""Needle and multi-hop: facts hidden in a long text, at growing context."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

from nemotron_bench.quality.short_tasks import PEOPLE
from nemotron_bench.quality.task import Task, last_number, user, word
from nemotron_bench.workloads.texts import text

HOPS = 3
_SENTENCE_WORDS = 12


def needle(length: int, seed: int, number: int) -> Task:
    """A number in the middle of a text that is about nothing.

    Args:
        length: Of the text, in words; ``usage`` has its tokens.
    """
    chance = random.Random(f"{seed}/needle/{length}/{number}")  # noqa: S311
    person, code = chance.choice(PEOPLE), chance.randint(10_000, 99_999)
    hay = _hide([f"The code of {person}'s locker is {code}."], length, chance, seed)
    asked = f"{hay}\n\nWhat is the code of {person}'s locker? Answer with the code alone."
    return Task(f"needle {length}", f"needle-{length}-{number}", {"messages": user(asked)}, last_number(code))


def multi_hop(length: int, seed: int, number: int) -> Task:
    """A parcel that goes from hand to hand; the facts stand in any order.

    Args:
        length: As of :func:`needle`.
    """
    chance = random.Random(f"{seed}/multi-hop/{length}/{number}")  # noqa: S311
    hands = chance.sample(PEOPLE, HOPS + 1)
    facts = [f"{giver} gave the green parcel to {taker}." for giver, taker in pairwise(hands)]
    chance.shuffle(facts)
    hay = _hide(facts, length, chance, seed)
    asked = (
        f"{hay}\n\n{hands[0]} had the green parcel first. It was passed on {HOPS} times. "
        "Who has it at last? Answer with the name alone."
    )
    check = word(hands[-1], tuple(hands[:-1]))
    return Task(f"multi-hop {length}", f"multi-hop-{length}-{number}", {"messages": user(asked)}, check)


def long_tasks(lengths: Sequence[int], count: int, seed: int) -> Iterator[Task]:
    """So many tasks of each kind and length."""
    for make in (needle, multi_hop):
        for length in lengths:
            yield from (make(length, seed, number) for number in range(count))


def _hide(facts: list[str], length: int, chance: random.Random, seed: int) -> str:
    """Facts spread over sentences of random words, in the order given."""
    words = text(seed, f"hay/{length}/{chance.random()}", length).split()
    sentences = [
        " ".join(words[start : start + _SENTENCE_WORDS]).capitalize() + "."
        for start in range(0, length, _SENTENCE_WORDS)
    ]
    places = sorted(chance.randrange(len(sentences) + 1) for _ in facts)
    for place, fact in reversed(list(zip(places, facts, strict=True))):
        sentences.insert(place, fact)
    return " ".join(sentences)
