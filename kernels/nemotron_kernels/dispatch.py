"""Which way a batch takes, read from a file of measurements. What was not measured to be faster is stock.

One file for each card, dtype and geometry, beside vLLM's own files of tuned tiles:

    {"schema": 1,
     "measured": {"vllm": "0.32.0", "gpu": "...", "date": "...", ...},
     "ranges": [{"tokens": [1, 4], "choice": {"way": "vector", "up": {...}, "down": {...}}, "gain": 1.2}]}

A range holds for every count of tokens from its first to its last, both included. Ranges are in order and
don't overlap; a count that none of them has is stock's.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from nemotron_kernels.choice import STOCK, Choice, default_choice
from nemotron_kernels.geometry import Geometry

SCHEMA = 1
LARGEST_FILE_BYTES = 1 << 20


class BadDispatch(ValueError):
    """A file of measurements can't be used; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Range:
    """Token counts from `first` to `last`, what runs them, and stock's time over its time when measured."""

    first: int
    last: int
    choice: Choice
    gain: float | None = None


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The ranges of one card.

    Attributes:
        ranges: in order.
        source: where they come from, for people.
        measured: what the file says of its measurement.
    """

    ranges: tuple[Range, ...] = ()
    source: str = "nothing measured: stock"
    measured: dict[str, Any] = field(default_factory=dict)

    def choose(self, tokens: int) -> Choice:
        """The choice for a batch of `tokens`."""
        index = bisect_right([r.first for r in self.ranges], tokens) - 1
        if index >= 0 and tokens <= self.ranges[index].last:
            return self.ranges[index].choice
        return STOCK

    @property
    def replaces(self) -> bool:
        """Whether any range is run by our kernels."""
        return any(r.choice.way != "stock" for r in self.ranges)

    def as_json(self) -> dict[str, Any]:
        """The content of a file."""
        rows = [
            {"tokens": [r.first, r.last], "choice": r.choice.as_json()}
            | ({} if r.gain is None else {"gain": round(r.gain, 4)})
            for r in self.ranges
        ]
        return {"schema": SCHEMA, "measured": self.measured, "ranges": rows}


def file_name(geometry: Geometry, card: str, dtype: str | None) -> str:
    """The name of a card's file, in the manner of vLLM's names for tuned tiles.

    Args:
        geometry: of the layer on one GPU.
        card: the name by which vLLM names its own files, such as `NVIDIA_H200`.
        dtype: None for bf16, `fp8_w8a8` for FP8.
    """
    of_dtype = f",dtype={dtype}" if dtype else ""
    return f"nemotron,E={geometry.experts},N={geometry.intermediate},device_name={card}{of_dtype}.json"


def shipped_folder() -> Path | None:
    """The measurements that came with this package: beside this file, or in `configs/moe` of the sources."""
    here = Path(__file__).parent
    for folder in (here / "moe", here.parents[1] / "configs" / "moe"):
        if folder.is_dir():
            return folder
    return None


def find(folders: Sequence[Path], name: str) -> Path | None:
    """The first file of this name."""
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def read(path: Path) -> Dispatch:
    """A file of measurements.

    Raises:
        BadDispatch: it is no such file.
    """
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise ValueError("it is far too large")
        data = json.loads(path.read_bytes())
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise ValueError(f"schema {SCHEMA} is expected")
        measured = data.get("measured")
        if not isinstance(measured, dict) or not isinstance(measured.get("vllm"), str):
            raise ValueError('"measured" must name the version of vLLM')
        ranges = tuple(_range(row) for row in data["ranges"])
        _must_ascend(ranges)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadDispatch(f"{path}: {error if str(error) else type(error).__name__}") from error
    return Dispatch(ranges, str(path), measured)


def everywhere_ours(geometry: Geometry, weight_bytes: int) -> Dispatch:
    """Our kernels at every count of tokens by reasoned tiles, for mode `on` where nothing was measured."""
    firsts = (1, 5, 129, 513, 1025)
    lasts = (*(first - 1 for first in firsts[1:]), 1 << 30)
    ranges = [
        Range(first, last, default_choice(geometry, first, weight_bytes))
        for first, last in zip(firsts, lasts, strict=True)
    ]
    return Dispatch(tuple(ranges), "reasoned tiles, nothing measured")


def _range(row: Any) -> Range:
    first, last = row["tokens"]
    gain = row.get("gain")
    if not (type(first) is int and type(last) is int and 0 < first <= last):
        raise ValueError(f"tokens of a range are two whole numbers in order, not {row['tokens']!r}")
    if gain is not None and (isinstance(gain, bool) or not isinstance(gain, int | float)):
        raise ValueError(f"gain must be a number, not {gain!r}")
    return Range(first, last, Choice.from_json(row["choice"]), gain)


def _must_ascend(ranges: Sequence[Range]) -> None:
    for before, after in pairwise(ranges):
        if after.first <= before.last:
            raise ValueError(f"the range from {after.first} tokens overlaps the one before it")
