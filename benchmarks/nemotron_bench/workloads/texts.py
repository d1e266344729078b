"""Text of a given length that is never the same twice, and always the same for the same seed."""

from __future__ import annotations

import random
from functools import cache
from importlib.resources import files

_WORDS = (files("nemotron_bench.workloads") / "data/words.txt").read_text(encoding="utf-8").split()
_BOOK_WORDS = 1 << 18


@cache
def _book(seed: int) -> tuple[str, list[int]]:
    """A long text, and where its words begin. Cutting prompts from it costs little while measuring."""
    words = random.Random(f"book-{seed}").choices(_WORDS, k=_BOOK_WORDS)  # noqa: S311
    places, place = [], 0
    for word in words:
        places.append(place)
        place += len(word) + 1
    return " ".join(words) + " ", places


def text(seed: int, name: str, words: int) -> str:
    """Text of so many words. Different names give texts that differ from the first words on.

    Args:
        name: What the text is for, such as ``step-1/17``.
    """
    chance = random.Random(f"{seed}/{name}")  # noqa: S311
    opening = chance.choices(_WORDS, k=min(words, 12))
    book, places = _book(seed)
    left, start, parts = words - len(opening), chance.randrange(_BOOK_WORDS), [" ".join(opening)]
    while left > 0:
        taken = min(left, _BOOK_WORDS - start)
        end = places[start + taken] if start + taken < _BOOK_WORDS else len(book)
        parts.append(book[places[start] : end].rstrip())
        left, start = left - taken, 0
    return " ".join(parts)
