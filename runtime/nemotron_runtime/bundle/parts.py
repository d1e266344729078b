"""Cuts files that lie end to end into parts of bounded size. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of bytes of one file.

    Attributes:
        file: Index of the file.
        offset: Where it begins in the file, in bytes.
        length: In bytes, more than 0.
    """

    file: int
    offset: int
    length: int


def cut(sizes: Sequence[int], part_bytes: int) -> list[list[Piece]]:
    """The pieces of each part, in order.

    Every part but the last holds exactly ``part_bytes``; an empty file is in none.

    Raises:
        ValueError: ``part_bytes`` is below 1, or a size below 0.
    """
    if part_bytes < 1 or min(sizes, default=0) < 0:
        raise ValueError("sizes can't be negative, and a part holds at least one byte")
    parts: list[list[Piece]] = []
    room = 0
    for file, size in enumerate(sizes):
        offset = 0
        while offset < size:
            if room == 0:
                parts.append([])
                room = part_bytes
            length = min(room, size - offset)
            parts[-1].append(Piece(file, offset, length))
            offset += length
            room -= length
    return parts


def part_sizes(total: int, part_bytes: int) -> list[int]:
    """The bytes of each part of ``total`` bytes in all."""
    whole, rest = divmod(total, part_bytes)
    return [part_bytes] * whole + ([rest] if rest else [])
