"""The vocabulary: plain text to ids, and ids to text, token by token.

Text that comes from outside can never become a special token here: the encoder doesn't know them.
Specials enter a prompt by id alone (:mod:`nemotron_runtime.chat.template`).
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tokenizers import Tokenizer

from nemotron_runtime.chat.fragments import Fragment, Mark
from nemotron_runtime.engine.base import TokenLogprob
from nemotron_runtime.errors import WeightsCorrupt, WeightsMissing


class Tokens:
    """A byte-level BPE vocabulary. Build it with :meth:`load`.

    Attributes:
        specials: Ids of the special tokens by their text.
        vocab_size: The highest id plus one. The model's output layer may be wider.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        vocab: dict[str, int] = dict(data["model"]["vocab"])
        specials = {token["content"]: token["id"] for token in data["added_tokens"]}
        for text in specials:
            vocab.pop(text, None)
        self.specials: Mapping[str, int] = MappingProxyType(specials)
        self.vocab_size = 1 + max(*vocab.values(), *specials.values())
        self._bytes = [b""] * self.vocab_size
        for piece, id in vocab.items():
            self._bytes[id] = bytes(_BYTE_OF_SIGN[sign] for sign in piece)
        for text, id in specials.items():
            self._bytes[id] = text.encode()
        self._marks = {specials[mark.value]: mark for mark in Mark if mark.value in specials}
        self._fragments: dict[int, Fragment | None] = {}
        self._plain = _plain_tokenizer(data, vocab)

    @classmethod
    def load(cls, path: Path) -> Tokens:
        """Reads a ``tokenizer.json``.

        Raises:
            WeightsMissing: There is no such file.
            WeightsCorrupt: It holds no byte-level BPE.
        """
        try:
            return cls(json.loads(path.read_bytes()))
        except OSError as error:
            raise WeightsMissing(f"{path} can't be read: {error.strerror}") from error
        except Exception as error:  # the tokenizers library raises bare Exception
            raise WeightsCorrupt(f"{path} is no byte-level BPE vocabulary: {error}") from error

    def encode(self, text: str) -> list[int]:
        """Encodes plain text: ``<think>`` and its like are a handful of ordinary tokens."""
        return self._plain.encode(text, add_special_tokens=False).ids

    def bytes_of(self, id: int) -> bytes:
        """Returns what a token stands for; a special its own text, an unused id nothing."""
        return self._bytes[id] if 0 <= id < self.vocab_size else b""

    def marks(self) -> Mapping[int, Mark]:
        """Returns the ids that structure an answer."""
        return self._marks

    def fragment(self, id: int) -> Fragment | None:
        """What a token is by itself: a mark or whole characters; None where it holds a cut one."""
        if id not in self._fragments:
            self._fragments[id] = self._fragment(id)
        return self._fragments[id]

    def _fragment(self, id: int) -> Fragment | None:
        try:
            return Fragment(self.bytes_of(id).decode(), self._marks.get(id))
        except UnicodeDecodeError:
            return None


class StreamDecoder:
    """Turns generated ids into text, without ever cutting a character.

    The joined text equals ``bytes.decode(errors="replace")`` of the whole, however the ids arrive.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._cut = False  # a character has begun

    def feed(self, ids: Sequence[int], rows: Sequence[TokenLogprob] | None = None) -> list[Fragment]:
        """Returns one fragment for each id.

        A mark that comes in the middle of a character is preceded by one more fragment, without a
        row, that holds the replacement of what was cut.
        """
        fragments: list[Fragment] = []
        for i, id in enumerate(ids):
            fragment = self._tokens.fragment(id)
            if self._cut and fragment and fragment.mark:
                fragments += self.flush()
            elif self._cut or not fragment:
                fragment = self._piece(id)
            fragments.append(replace(fragment, row=rows[i]) if rows else fragment)
        return fragments

    def flush(self) -> list[Fragment]:
        """Returns what is left of a character that was never completed: nothing, or one fragment."""
        text = self._utf8.decode(b"", final=True)
        self._utf8.reset()
        self._cut = False
        return [Fragment(text)] if text else []

    def _piece(self, id: int) -> Fragment:
        text = self._utf8.decode(self._tokens.bytes_of(id))
        self._cut = bool(self._utf8.getstate()[0])
        return Fragment(text)


def _plain_tokenizer(data: Mapping[str, Any], vocab: Mapping[str, int]) -> Tokenizer:
    """Builds the tokenizer again, without special tokens and all that would add or cut some."""
    model = {**data["model"], "vocab": vocab, "unk_token": None}
    bare: dict[str, Any] = {"added_tokens": [], "post_processor": None, "truncation": None, "padding": None}
    return Tokenizer.from_str(json.dumps({**data, **bare, "model": model}))


def _byte_signs() -> dict[str, int]:
    """The printable signs that stand for bytes in a byte-level vocabulary (GPT-2's table)."""
    visible = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    hidden = [byte for byte in range(256) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(256 + i): byte for i, byte in enumerate(hidden)}


_BYTE_OF_SIGN = _byte_signs()
