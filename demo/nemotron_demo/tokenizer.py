"""The demo model's vocabulary: byte-level, with the published special tokens at their ids.

A piece of text is either one token as a whole or as many as it has bytes; nothing is merged in between.
Words that requests are about (names, cities, things) are never whole, so a word that training never saw
is spelt like any other, and a small model copies it letter by letter. The words of questions and thoughts,
and the fixed text around tools, which every prompt with tools repeats, are a token each.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from nemotron_demo.dialogues import words
from nemotron_demo.layout import SPECIALS
from nemotron_runtime.chat.template import ChatTemplate, shipped_template

END, THINK, END_THINK = 11, 12, 13
VOCAB_SIZE = 768

_COMMON = (
    "a an and are as at be by can do for from have how i in is it its me my no not of on one or please so "
    "that the then there these this to two use user want wants was what with will you your call tool text "
    "word"
)
_TAGS = "tools|function|name|type|description|parameters|parameter|required|enum|default"


def template() -> ChatTemplate:
    """The model's own chat template."""
    return ChatTemplate(shipped_template(), {text: index for index, text in enumerate(SPECIALS)})


def learn(texts: Iterable[str]) -> Tokenizer:
    """Makes tokens of the pieces that stand in the most texts (no special token in them)."""
    cut = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_pattern()), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({piece for piece, _ in cut.pre_tokenize_str(text)})
    single = [*SPECIALS, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    spelt = {*words.everything(), *single}
    whole = [piece for piece, _ in counts.most_common() if piece not in spelt]
    tokens = [*single, *whole][:VOCAB_SIZE]
    vocabulary = {token: id for id, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], ignore_merges=True))
    tokenizer.pre_tokenizer = cut
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIALS])
    return tokenizer


def _pattern() -> str:
    """How text is cut into pieces; what comes first wins."""
    fixed = sorted(_fixed_text(), key=len, reverse=True)
    return "|".join(
        (
            *map(re.escape, fixed),
            rf"(?:\n?</?(?:{_TAGS})[>=]\n?)+",
            rf" (?:{'|'.join(_COMMON.split())})(?![\p{{L}}\p{{N}}_])",
            r" [-+*/=] ",
            r'": "|", "|": |"[\]}]+|[\[{]+"',
            r"\p{Lu}?[\p{Ll}\p{M}]+|\p{L}+",
            r"\p{N}",
            r"[^\s\p{L}\p{N}]+\n?",
            r"\n+| |\s+",
        )
    )


def _fixed_text() -> list[str]:
    """The plain text that the template writes around any tool."""
    name = "\ue000"
    tool = {"name": name, "parameters": {"type": "object", "properties": {}}}
    rendered = template().render([{"role": "user", "content": ""}], [tool], add_generation_prompt=False)
    parts = [part for part in rendered.parts if isinstance(part, str)]
    start = next(index for index, part in enumerate(parts) if name in part)
    before, after = parts[start].split(
        f"\n<function>\n<name>{name}</name>\n<parameters>\n</parameters>\n</function>\n"
    )
    end = next(index for index, part in enumerate(parts) if "</IMPORTANT>" in part)
    before = before.removeprefix("system\n")
    after = after.removeprefix("</tools>\n\n")
    return [text for text in (before, after, *parts[start + 1 : end + 1]) if len(text) > 1]
