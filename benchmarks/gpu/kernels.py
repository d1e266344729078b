"""`nemotron bench kernels` for a machine that has torch and Triton, and little else.

benchmarks/gpu/kernels.sh                                        all of it
benchmarks/gpu/kernels.sh --tokens 1,8,64,512,8192 --seconds 500 as much as a lent GPU allows
benchmarks/gpu/kernels.sh --whole-model                          engines instead of single layers
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from nemotron_bench.kernels.command import TOKENS, NothingTuned, Options, is_wrong, measure, table
from nemotron_kernels.tune.card import NoCard
from nemotron_kernels.tune.field import MOST_LAYERS


def main() -> int:
    """Runs the sections, prints a table, writes the result."""
    options = parse()
    try:
        result, path = measure(options, lambda row: print(row, flush=True))
    except (NoCard, NothingTuned) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 3
    print("", *table(result), path, sep="\n")
    return 1 if is_wrong(result) else 0


def parse() -> Options:
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
    return Options(**vars(parser.parse_args()))


def counts(text: str) -> tuple[int, ...]:
    """Token counts of a comma-separated list, smallest first."""
    found = sorted({int(word) for word in text.split(",")})
    if found[0] < 1:
        raise argparse.ArgumentTypeError("batches have at least one token")
    return tuple(found)


if __name__ == "__main__":
    sys.exit(main())
