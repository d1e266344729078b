"""Grammars at work: the demo's vocabulary, token by token, as the engine walks through it."""

from __future__ import annotations

import json
from functools import cache

import xgrammar

from nemotron_runtime.chat.grammar import MarkIds
from support.vocabulary import demo_tokens

MARKS = MarkIds.of(demo_tokens().specials)
THINK, END_THINK, CALL, END_CALL = MARKS.think, MARKS.end_think, MARKS.call, MARKS.end_call
END = MARKS.end[0]
SPECIALS = frozenset(demo_tokens().specials.values())

Output = tuple[str | int, ...]


@cache
def _compiler() -> xgrammar.GrammarCompiler:
    tokens = demo_tokens()
    vocabulary = [tokens.bytes_of(id) for id in range(tokens.vocab_size)]
    info = xgrammar.TokenizerInfo(
        vocabulary, xgrammar.VocabType.RAW, vocab_size=tokens.vocab_size, stop_token_ids=[END]
    )
    return xgrammar.GrammarCompiler(info, max_threads=1)


class Walk:
    """One output under a grammar."""

    def __init__(self, tag: str | None) -> None:
        assert tag is not None
        compiled = _compiler().compile_structural_tag(tag)
        # The engine replaces the vocabulary's stop tokens by those of the request.
        self._matcher = xgrammar.GrammarMatcher(compiled, override_stop_tokens=list(MARKS.end))
        self._mask = xgrammar.allocate_token_bitmask(1, demo_tokens().vocab_size)

    def take(self, *output: str | int) -> bool:
        """Goes on with text and token ids; False as soon as one of them may not come."""
        return all(self.take_token(id) for part in output for id in ids_of(part))

    def take_token(self, id: int) -> bool:
        allowed = id in self.allowed()
        assert self._matcher.accept_token(id) == allowed
        return allowed

    def allowed(self) -> frozenset[int]:
        """The tokens that may come next."""
        self._matcher.fill_next_token_bitmask(self._mask)
        words = self._mask[0].tolist()
        size = demo_tokens().vocab_size
        return frozenset(id for id in range(size) if words[id // 32] >> (id % 32) & 1)

    @property
    def specials(self) -> frozenset[int]:
        """The special tokens that may come next."""
        return self.allowed() & SPECIALS

    @property
    def may_end(self) -> bool:
        return END in self.allowed()


def ids_of(part: str | int) -> list[int]:
    return [part] if isinstance(part, int) else demo_tokens().encode(part)


def accepts(tag: str | None, *output: str | int) -> bool:
    """Whether an output may come and end so."""
    walk = Walk(tag)
    return walk.take(*output) and walk.take_token(END)


def single(form: dict[str, object]) -> str:
    """A tag that holds one part alone."""
    return json.dumps({"type": "structural_tag", "format": form})
