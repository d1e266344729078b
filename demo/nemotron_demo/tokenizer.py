"""The demo model's vocabulary: a byte-level BPE with the published special tokens at their ids.

It cuts text so that a small model copies well: a name is the same tokens wherever it stands, after a
space or a line's end, so the space is a token of its own, except before the commonest words. The fixed
text around tools, which every prompt with tools repeats, becomes a few tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from nemotron_demo.layout import SPECIALS
from nemotron_runtime.chat.template import ChatTemplate, shipped_template

END, THINK, END_THINK = 11, 12, 13
VOCAB_SIZE = 2048

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
    """Learns the merges from plain text (no special token in it)."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_pattern()), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        show_progress=False,
        special_tokens=[AddedToken(text, special=True, normalized=False) for text in SPECIALS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _pattern() -> str:
    """How text is cut before merging; what comes first wins."""
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
