"""The head of a safetensors file: what tensors it holds, and where. Nothing in it is taken on trust.

Layout: eight bytes of length (little endian), so many bytes of JSON, then the tensors without a gap.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from nemotron_runtime.errors import WeightsCorrupt, WeightsMissing

MAX_BYTES = 100_000_000
"""The format's own bound of the JSON."""
_BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 16),
    **dict.fromkeys(("U32", "I32", "F32"), 32),
    **dict.fromkeys(("U64", "I64", "F64", "C64"), 64),
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor as a header describes it; the offsets are bytes after the header."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def read_header(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name, which fill it exactly.

    Raises:
        WeightsMissing: It can't be read.
        WeightsCorrupt: It is no whole safetensors file; the message names what is wrong.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or not 2 <= length <= min(MAX_BYTES, size - 8):
                raise WeightsCorrupt(f"{path.name}: a header of {length} bytes in a file of {size} bytes")
            text = file.read(length)
    except OSError as error:
        raise WeightsMissing(f"{path} can't be read ({error.strerror})") from error
    tensors = {
        name: _tensor(path.name, name, entry)
        for name, entry in _parsed(path.name, text).items()
        if name != "__metadata__"
    }
    _check_gapless(path.name, tensors, size - 8 - length)
    return tensors


def _parsed(file: str, text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise WeightsCorrupt(f"{file}: the header is no JSON without doubles ({error})") from error
    if not isinstance(header, dict):
        raise WeightsCorrupt(f"{file}: the header is no JSON object")
    return header


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _tensor(file: str, name: str, entry: Any) -> Tensor:
    entry = entry if isinstance(entry, dict) else {}
    bits, shape, place = _BITS.get(str(entry.get("dtype"))), entry.get("shape"), entry.get("data_offsets")
    if bits is None or not _counts(shape) or not _counts(place) or len(place) != 2:
        raise WeightsCorrupt(f"{file}: {name}: dtype, shape or offsets can't be read")
    start, end = place
    if end < start or (end - start) * 8 != prod(shape) * bits:
        raise WeightsCorrupt(f"{file}: {name}: {end - start} bytes for {entry['dtype']} {shape}")
    return Tensor(entry["dtype"], tuple(shape), start, end)


def _counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)


def _check_gapless(file: str, tensors: dict[str, Tensor], data_bytes: int) -> None:
    at = 0
    for tensor in sorted(tensors.values(), key=lambda one: (one.start, one.end)):
        if tensor.start != at:
            raise WeightsCorrupt(f"{file}: a gap or an overlap at byte {at} of the tensors")
        at = tensor.end
    if at != data_bytes:
        raise WeightsCorrupt(f"{file}: tensors of {at} bytes in {data_bytes} bytes")
