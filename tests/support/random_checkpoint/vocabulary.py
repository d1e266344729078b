"""A vocabulary: the model's own special tokens, all bytes, and some merges.

A byte-level BPE of the same build as the published one (same pre-tokeniser, same ids 0 to 17), only
much smaller. The merges are learnt here, from a text of our own.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from tokenizers import Regex, pre_tokenizers

from nemotron_demo.layout import SPECIALS

VOCAB_SIZE = 1024

_UPPER, _LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
_SPLIT = "|".join(
    (
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]*[{_LOWER}]+",
        rf"[^\r\n\p{{L}}\p{{N}}]?[{_UPPER}]+[{_LOWER}]*",
        r"\p{N}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)

Pair = tuple[str, str]


def tokenizer_json() -> dict[str, Any]:
    """Builds the content of ``tokenizer.json``."""
    corpus = Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = _learn_merges(corpus, VOCAB_SIZE - len(SPECIALS) - len(alphabet))
    pieces = [*SPECIALS, *alphabet, *(left + right for left, right in merges)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added_token(i, text) for i, text in enumerate(SPECIALS)],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": _SPLIT}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
            ],
        },
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {piece: i for i, piece in enumerate(pieces)},
            "merges": [list(pair) for pair in merges],
        },
    }


def _added_token(id: int, text: str) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": id, "content": text, **flags}


def _learn_merges(corpus: str, count: int) -> list[Pair]:
    """Joins the most frequent pair, ``count`` times; of equal ones, the first in the alphabet."""
    words = Counter(_words(corpus))
    splits = {word: list(word) for word in words}
    known = set[str]()
    merges: list[Pair] = []
    while len(merges) < count:
        pairs = Counter[Pair]()
        for word, parts in splits.items():
            for pair in pairwise(parts):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        splits = {word: _join(parts, best) for word, parts in splits.items()}
        if "".join(best) not in known:
            known.add("".join(best))
            merges.append(best)
    return merges


def _words(corpus: str) -> list[str]:
    """Cuts a text as the tokenizer does, each byte being one sign of the byte-level alphabet."""
    cut = pre_tokenizers.Split(Regex(_SPLIT), "isolated")
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return [word for word, _ in pre_tokenizers.Sequence([cut, to_bytes]).pre_tokenize_str(corpus)]


def _join(parts: list[str], pair: Pair) -> list[str]:
    joined: list[str] = []
    for part in parts:
        if joined and (joined[-1], part) == pair:
            joined[-1] += part
        else:
            joined.append(part)
    return joined
