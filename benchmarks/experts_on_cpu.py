"""The CPU's experts against a plain loop over the experts, A/B/A in one run, as ratios of medians.

The loop is what a reader would write first, and what transformers does: for each expert, its tokens are
gathered, multiplied and added to the output. Both sides are held against the float64 reference first.

    python benchmarks/experts_on_cpu.py [--out FILE.json] [--threads N]
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nemotron_kernels.cpu.experts import choose, relu2_experts
from nemotron_kernels.reference import route, routed_experts

Experts = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]
ROUNDS = 7
ROUND_S = 0.15
TOKENS = (1, 4, 16, 17, 64, 256, 1024)


@dataclass(frozen=True)
class Sizes:
    """E experts, K a token, H hidden, I intermediate."""

    name: str
    experts: int
    top_k: int
    hidden: int
    intermediate: int


SIZES = (
    Sizes("embedded demo", 16, 2, 256, 128),
    Sizes("128 small experts", 128, 6, 64, 48),
    Sizes("128 experts of half a megabyte", 128, 6, 512, 256),
)


def plain_loop(x: Tensor, up: Tensor, down: Tensor, ids: Tensor, weights: Tensor) -> Tensor:
    """The side that ours is held against."""
    out = torch.zeros_like(x)
    for expert in range(len(up)):
        token, place = (ids == expert).nonzero(as_tuple=True)
        hidden = torch.relu(x[token] @ up[expert].T).square()
        out.index_add_(0, token, (hidden @ down[expert].T) * weights[token, place, None].to(x.dtype))
    return out


def draw(sizes: Sizes, tokens: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """A layer and a batch with uniform routing."""
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return (torch.randn(shape, generator=generator) / shape[-1] ** 0.5).to(dtype)

    ids, weights = route(normal(tokens, sizes.experts).float(), torch.zeros(sizes.experts), sizes.top_k)
    return (
        torch.randn(tokens, sizes.hidden, generator=generator).to(dtype),
        normal(sizes.experts, sizes.intermediate, sizes.hidden),
        normal(sizes.experts, sizes.hidden, sizes.intermediate),
        ids,
        weights.float(),
    )


def error(run: Experts, batch: tuple[Tensor, ...], expected: Tensor) -> float:
    """Relative to the float64 reference."""
    return float((run(*batch).double() - expected).norm() / expected.norm())


def once(run: Experts, batch: tuple[Tensor, ...]) -> float:
    """Seconds a call, over a round."""
    calls, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < ROUND_S:
        run(*batch)
        calls += 1
    return passed / calls


def compare(sizes: Sizes, tokens: int, dtype: torch.dtype) -> dict[str, Any]:
    """One row: loop, ours, loop in turn; the loop against itself is the noise."""
    batch = draw(sizes, tokens, dtype)
    expected = routed_experts(*batch)
    errors = {"loop": error(plain_loop, batch, expected), "ours": error(relu2_experts, batch, expected)}
    rounds = [
        (once(plain_loop, batch), once(relu2_experts, batch), once(plain_loop, batch)) for _ in range(ROUNDS)
    ]
    before, ours, after = (statistics.median(column) for column in zip(*rounds, strict=True))
    return {
        "sizes": asdict(sizes),
        "tokens": tokens,
        "dtype": str(dtype).removeprefix("torch."),
        "way": choose(batch[1], batch[3]).__name__,
        "loop_us": [round(before * 1e6, 1), round(after * 1e6, 1)],
        "ours_us": round(ours * 1e6, 1),
        "ratio": round((before + after) / 2 / ours, 2),
        "loop_against_itself": round(before / after, 2),
        "errors": errors,
    }


def git(*words: str) -> str:
    """What git answers, or nothing."""
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout.strip()


def main() -> None:
    """Measures all rows, prints them, writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, help="write the result as JSON")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rows = []
    for sizes in SIZES:
        for dtype in (torch.float32, torch.bfloat16):
            for tokens in TOKENS:
                rows.append(row := compare(sizes, tokens, dtype))
                where = f"{sizes.name:32s} {row['dtype']:9s} T={tokens:<5d} {row['way']:11s}"
                noise = f"(loop against itself {row['loop_against_itself']:.2f})"
                print(f"{where} {row['ours_us']:10.1f} us {row['ratio']:6.2f}x {noise}", flush=True)
    if options.out:
        result = {
            "what": "CPU experts against a plain loop, medians of A/B/A rounds",
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": git("rev-parse", "HEAD"),
            "dirty": bool(git("status", "--porcelain", "--untracked-files=no")),
            "cpu": platform.processor() or platform.machine(),
            "threads": options.threads,
            "versions": {"torch": version("torch"), "python": platform.python_version()},
            "rows": rows,
        }
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
