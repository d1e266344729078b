"""Marks inside a text: each is one character that no decoded text can hold.

Inside a call, text and marks are read ahead together, so they travel as one string. A mark is a lone
surrogate there; UTF-8 has none, so a model can't write one, and :func:`encode` lets none in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nemotron_runtime.chat.fragments import Fragment, Mark

_CHARACTER = {mark: chr(0xD800 + number) for number, mark in enumerate(Mark)}
_MARK = {character: mark for mark, character in _CHARACTER.items()}
_LITERAL = str.maketrans({character: mark.value for character, mark in _MARK.items()})
_SURROGATE = re.compile("[\ud800-\udfff]")
_PIECES = re.compile(f"[{''.join(_MARK)}]|[^{''.join(_MARK)}]+")

THINK, END_THINK = _CHARACTER[Mark.THINK], _CHARACTER[Mark.END_THINK]
CALL, END_CALL = _CHARACTER[Mark.CALL], _CHARACTER[Mark.END_CALL]
MARKS = "".join(_MARK)


def clean(text: str) -> str:
    """Text without lone surrogates."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def encode(fragment: Fragment) -> str:
    """A fragment as text, its mark as one character."""
    return _CHARACTER[fragment.mark] if fragment.mark else clean(fragment.text)


def decode(text: str) -> Iterator[Fragment]:
    """The marks in ``text`` and the runs between them."""
    for piece in _PIECES.findall(text):
        mark = _MARK.get(piece)
        yield Fragment(mark.value if mark else piece, mark)


def literal(text: str) -> str:
    """``text`` with its marks spelled out."""
    return text.translate(_LITERAL)
