"""The expert kernels against vLLM's own, section by section, within a budget of seconds: one file a run.

Baseline A is what vLLM runs by itself; baseline B is FlashInfer's kernels. Where one can't be had, the file
says so.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from nemotron_bench.environment import commit
from nemotron_bench.kernels import whole_model
from nemotron_bench.kernels.run import Run
from nemotron_kernels.dispatch import BadDispatch, Dispatch, file_name, find, read, shipped_folder
from nemotron_kernels.geometry import NANO, NANO_TP2, Geometry
from nemotron_kernels.tune import card
from nemotron_kernels.tune.field import FILE_DTYPES

TOKENS = (1, 2, 4, 5, 6, 8, 16, 32, 64, 128, 256, 257, 512, 1024, 2048, 8192)


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure.

    Attributes:
        folder: Where the result is written.
        tokens: Batches.
        layers: With weights of their own; None: as many as fit, up to ``MOST_LAYERS``.
        seconds: After which no further section is begun.
        tuned: Folder of ``nemotron tune``; None: reasoned tiles are measured.
        whole_model: Engines with random weights, stock and ours, instead of single layers.
        model: Folder with a configuration, for ``whole_model``.
    """

    folder: Path
    tokens: tuple[int, ...] = TOKENS
    dtype: Literal["bf16", "fp8"] = "bf16"
    layers: int | None = None
    seconds: float = 3600.0
    tensor_parallel: Literal[1, 2] = 1
    tuned: Path | None = None
    whole_model: bool = False
    model: Path | None = None


class NothingTuned(Exception):
    """A folder without the file of this card, or with one that can't be read."""


def measure(options: Options, say: Callable[[str], None]) -> tuple[dict[str, Any], Path]:
    """Runs the sections and writes the result.

    Args:
        say: Hears of each row as it is measured.

    Raises:
        nemotron_kernels.tune.card.NoCard: no GPU is usable here.
        NothingTuned: see there.
    """
    name = card.require_card()
    asked = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(options).items()}
    result: dict[str, Any] = {"kind": "kernels", "card": name, **card.facts(), **commit(), "options": asked}
    if options.whole_model:
        found = whole_model.measure(options.dtype, options.layers, options.model, options.tuned)
        result["whole_model"] = found
    else:
        geometry, short = NANO if options.tensor_parallel == 1 else NANO_TP2, card.file_card_name(name)
        ranges = tuned(options.tuned, geometry, short, FILE_DTYPES[options.dtype])
        result |= Run(options, geometry, short, ranges, lambda row: say(line(row))).run()
    return result, write(options.folder, name, result)


def is_wrong(result: dict[str, Any]) -> bool:
    """Whether one of our own kernels gave a wrong output."""
    return any(row["ours"] and row.get("wrong") for row in result.get("rows", ()))


def tuned(folder: Path | None, geometry: Geometry, name: str, dtype: str | None) -> Dispatch | None:
    """Measured ranges, if a folder is named or some are shipped."""
    folders = [one for one in (folder, shipped_folder()) if one]
    path = find(folders, file_name(geometry, name, dtype))
    if folder and not path:
        raise NothingTuned(f"{folder} has no {file_name(geometry, name, dtype)}: run `nemotron tune` first")
    try:
        return read(path) if path else None
    except BadDispatch as fault:
        raise NothingTuned(str(fault)) from fault


def write(folder: Path, name: str, result: dict[str, Any]) -> Path:
    """One file a run: date, card and commit in its name, none ever overwritten."""
    short = re.sub(r"[^a-z0-9]+", "-", name.lower().removeprefix("nvidia ")).strip("-")
    stem = f"{time.strftime('%Y-%m-%d', time.gmtime())}-{short}-{result['commit'] or 'nogit'}-kernels"
    path, number = folder / f"{stem}.json", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.json"
    path.write_text(json.dumps(result, indent=1, default=str) + "\n")
    return path


def line(row: dict[str, Any]) -> str:
    """A row for people."""
    head = f"{row['routing']:8} {row['tokens']:5} {row['distinct']:6.1f} {row['name'][:44]:44}"
    if row.get("wrong"):
        return f"{head} WRONG: {row['wrong']}"
    stock = f"{row['stock_us'][1]:9.1f} {row['gain']:6.3f}" if row["stock_us"] else f"{'-':>9} {'-':>6}"
    floor = f"{row['to_floor']:6.3f}" if "to_floor" in row else "     -"
    return f"{head} {row['ours_us'][1]:9.1f} {stock} {floor} {row['gb_s']:8.0f} {row['error']:.1e}"


def table(result: dict[str, Any]) -> list[str]:
    """The run in lines."""
    about = {key: result.get(key) for key in ("card", "versions", "commit", "dirty", "baselines")}
    if "whole_model" in result:
        return [json.dumps(about), json.dumps(result["whole_model"], indent=1)]
    heads = ("us", "vLLM us", "gain", "/floor", "GB/s", "error")
    names = "{:>9} {:>9} {:>6} {:>6} {:>8} {}".format(*heads)
    head = f"{'routing':8} {'T':>5} {'dist.':>6} {'':44} {names}"
    skipped = [f"no time for: {'; '.join(result['skipped'])}"] if result["skipped"] else []
    return [json.dumps(about), head, *map(line, result["rows"]), *skipped]
