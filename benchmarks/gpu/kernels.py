"""The expert kernels against vLLM's own, section by section, within a budget of seconds.

    benchmarks/gpu/kernels.sh                                        all of it
    benchmarks/gpu/kernels.sh --tokens 1,8,64,512,8192 --seconds 500 as much as a lent GPU allows
    benchmarks/gpu/kernels.sh --whole-model                          engines instead of single layers

Baseline A is what vLLM runs by itself; baseline B is FlashInfer's kernels. Where one can't be had, the file
says so.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from nemotron_bench.kernels import whole_model
from nemotron_bench.kernels.run import Run
from nemotron_kernels.dispatch import BadDispatch, Dispatch, file_name, find, read, shipped_folder
from nemotron_kernels.geometry import NANO, NANO_TP2, Geometry
from nemotron_kernels.tune import card
from nemotron_kernels.tune.field import FILE_DTYPES, MOST_LAYERS

ROOT = Path(__file__).resolve().parents[2]
TOKENS = (1, 2, 4, 5, 6, 8, 16, 32, 64, 128, 256, 257, 512, 1024, 2048, 8192)


def main() -> int:
    """Runs the sections, prints a table, writes the result."""
    options = parse()
    try:
        name = card.require_card()
    except card.NoCard as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 3
    result: dict[str, Any] = {
        "kind": "kernels",
        "card": name,
        **card.facts(),
        **commit(),
        "options": vars(options),
    }
    result["options"]["folder"] = str(options.folder)
    if options.whole_model:
        result["whole_model"] = whole_model.measure(
            options.dtype, options.layers, options.model, options.tuned
        )
    else:
        geometry, short = NANO if options.tensor_parallel == 1 else NANO_TP2, card.file_card_name(name)
        ranges = tuned(options.tuned, geometry, short, FILE_DTYPES[options.dtype])
        result |= Run(options, geometry, short, ranges, lambda row: print(line(row), flush=True)).run()
    path = write(options.folder, name, result)
    show(result)
    print(path)
    return 1 if any(row["ours"] and row.get("wrong") for row in result.get("rows", ())) else 0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--folder", type=Path, default=Path("benchmarks/results"), help="where the result is written"
    )
    parser.add_argument("--tokens", type=counts, default=TOKENS, help="batches, as in 1,8,64")
    parser.add_argument("--dtype", choices=("bf16", "fp8"), default="bf16")
    parser.add_argument("--layers", type=int, help=f"with weights of their own; {MOST_LAYERS} if they fit")
    parser.add_argument("--seconds", type=float, default=3600, help="after which no further section is begun")
    parser.add_argument("--tensor-parallel", type=int, choices=(1, 2), default=1)
    parser.add_argument(
        "--tuned", type=Path, help="folder of `nemotron tune`; without it reasoned tiles are measured"
    )
    parser.add_argument(
        "--whole-model", action="store_true", help="engines with random weights, stock and ours"
    )
    parser.add_argument("--model", type=Path, help="folder with a configuration, for --whole-model")
    return parser.parse_args()


def counts(text: str) -> tuple[int, ...]:
    """Token counts of a comma-separated list, smallest first."""
    found = sorted({int(word) for word in text.split(",")})
    if found[0] < 1:
        raise argparse.ArgumentTypeError("batches have at least one token")
    return tuple(found)


def tuned(folder: Path | None, geometry: Geometry, name: str, dtype: str | None) -> Dispatch | None:
    """Measured ranges, if a folder is named or some are shipped."""
    folders = [one for one in (folder, shipped_folder()) if one]
    path = find(folders, file_name(geometry, name, dtype))
    if folder and not path:
        raise SystemExit(
            f"error: {folder} has no {file_name(geometry, name, dtype)}: run `nemotron tune` first"
        )
    try:
        return read(path) if path else None
    except BadDispatch as fault:
        raise SystemExit(f"error: {fault}") from fault


def commit() -> dict[str, Any]:
    """What was measured: the commit, and whether files differ from it."""
    return {
        "commit": git("rev-parse", "--short", "HEAD"),
        "dirty": bool(git("status", "--porcelain", "-uno")),
    }


def git(*arguments: str) -> str:
    """Output of a git command; empty outside a checkout."""
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


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


def show(result: dict[str, Any]) -> None:
    """The table, last."""
    print(
        "\n"
        + json.dumps({key: result.get(key) for key in ("card", "versions", "commit", "dirty", "baselines")})
    )
    if "whole_model" in result:
        print(json.dumps(result["whole_model"], indent=1))
        return
    heads = ("us", "vLLM us", "gain", "/floor", "GB/s", "error")
    print(f"{'routing':8} {'T':>5} {'dist.':>6} {'':44} {'{:>9} {:>9} {:>6} {:>6} {:>8} {}'.format(*heads)}")
    for row in result["rows"]:
        print(line(row))
    if result["skipped"]:
        print(f"no time for: {'; '.join(result['skipped'])}")


if __name__ == "__main__":
    sys.exit(main())
