"""Sets of characters as sorted ranges of code points, and how each context writes them in a regex.

Only ``[...]`` with ``\\x`` and ``\\u`` escapes and ``(?:...|...)`` are used: the dialect that the engine's
regex compiler gets right (its ``?`` on a group that ends in a loop admits the loop alone).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

Ranges = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
_SURROGATES = (0xD800, 0xDFFF)

EVERYTHING: Ranges = ((0, LAST),)
DIGIT: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACE: Ranges = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
LINE_ENDS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))

_JSON_ESCAPES = {0x22: r"\x22", 0x5C: r"\x5c", 0x08: "b", 0x0C: "f", 0x0A: "n", 0x0D: "r", 0x09: "t"}


def of(characters: str) -> Ranges:
    """The set of these characters."""
    return union((ord(c), ord(c)) for c in characters)


def union(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Sorted and merged."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """All other code points."""
    result, start = [], 0
    for low, high in ranges:
        if low > start:
            result.append((start, low - 1))
        start = high + 1
    return (*result, (start, LAST)) if start <= LAST else tuple(result)


def without(ranges: Ranges, removed: Ranges) -> Ranges:
    """The code points of ``ranges`` that are not in ``removed``."""
    return complement(union((*complement(ranges), *removed)))


_UNWRITABLE = union(((0x00, 0x1F), (0x7F, 0x7F), _SURROGATES))
_NOT_PLAIN_JSON = union((*_UNWRITABLE, *of('"\\')))
CHARACTERS = complement((_SURROGATES,))
PLAIN_JSON = complement(_NOT_PLAIN_JSON)
_NOT_IN_LINE = without(_UNWRITABLE, of("\t"))

Context = Callable[[Ranges], str | None]
"""Writes one character out of a set as a regex; None where the context has none of them."""


def in_line(ranges: Ranges) -> str | None:
    """A character of a line of plain text."""
    return bracket(without(ranges, _NOT_IN_LINE))


def in_json(ranges: Ranges) -> str | None:
    """A character inside a JSON string, escaped where it must be."""
    plain = bracket(without(ranges, _NOT_PLAIN_JSON))
    escaped = [
        letter for code, letter in _JSON_ESCAPES.items() if any(low <= code <= high for low, high in ranges)
    ]
    if not escaped:
        return plain
    escapes = r"\x5c" + (escaped[0] if len(escaped) == 1 else f"(?:{'|'.join(escaped)})")
    return f"(?:{plain}|{escapes})" if plain else escapes


def bracket(ranges: Ranges) -> str | None:
    """A bracket expression, or a single character; None for the empty set."""
    if not ranges:
        return None
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return character(ranges[0][0])
    parts = [character(low) if low == high else f"{character(low)}-{character(high)}" for low, high in ranges]
    return f"[{''.join(parts)}]"


def character(code: int) -> str:
    """One character, safe inside and outside of brackets."""
    if chr(code).isascii():
        return chr(code) if chr(code).isalnum() else f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\u{{{code:x}}}"
