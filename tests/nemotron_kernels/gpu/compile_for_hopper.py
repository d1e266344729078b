"""Compiles every shipped configuration for sm_90 without a GPU, and prints what came out as one line of JSON.

A script, not a test: in the process of the tests the kernels are defined for Triton's interpreter.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.runtime.driver import driver

from nemotron_kernels import dispatch
from nemotron_kernels.choice import Choice, default_choice
from nemotron_kernels.geometry import NANO, NANO_TP2, Geometry
from nemotron_kernels.gpu.layer import Experts, Fp8Scales, Routing
from nemotron_kernels.gpu.workspace import Workspace

TOOLS = Path(triton.__file__).parent / "backends/nvidia/bin"
BF16, FP8 = torch.bfloat16, torch.float8_e4m3fn
TOKENS = (1, 8, 256, 1024, 8192)


class Hopper:
    """The driver of a card that is not here: Triton compiles for it and launches nothing."""

    def get_current_target(self) -> GPUTarget:
        return GPUTarget("cuda", 90, 32)

    def get_current_device(self) -> int:
        return 0

    def get_current_stream(self, device: int) -> int:
        return 0


class Compiler:
    """Takes launches and compiles them, each kernel with given arguments once."""

    def __init__(self) -> None:
        self.facts: dict[str, dict[str, Any]] = {}
        self.label = ""

    def __call__(self, kernel: Any, grid: tuple[int, ...], *args: Any, **options: Any) -> None:
        compiled = kernel.warmup(*args, grid=grid, **options)
        self.facts[f"{self.label}: {kernel.fn.__name__}"] = {
            "kernel": kernel.fn.__name__,
            "shared_memory": compiled.metadata.shared,
            "early": compiled.metadata.launch_pdl,
            "tile": [options.get(name) for name in ("ROWS", "COLUMNS", "STEP")],
            "fp8": bool(options.get("FP8")),
            **machine_code(compiled.asm["cubin"]),
        }


def machine_code(cubin: bytes) -> dict[str, int]:
    """Registers and stack of a kernel, and how often instructions of some kinds stand in it."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        usage, code = (
            subprocess.run(
                [TOOLS / tool, *flags, file.name], capture_output=True, text=True, check=True
            ).stdout
            for tool, flags in (("cuobjdump", ["--dump-resource-usage"]), ("nvdisasm", ["-c"]))
        )
    found = re.search(r"REG:(\d+) STACK:(\d+)", usage)
    assert found, usage
    kinds = {
        "wgmma": r"\bHGMMA",
        "wgmma_fp8": r"\bQGMMA",
        "older_mma": r"\b[HQ]MMA",
        "tma_loads": r"\bUTMALDG",
        "wide_loads": r"\bLDG\.E\S*\.128",
        "local_memory": r"\b(?:LDL|STL)\b",
        "waits_for_the_one_before": r"\bACQBULK",
    }
    counts = {name: len(re.findall(pattern, code)) for name, pattern in kinds.items()}
    return {"registers": int(found[1]), "stack": int(found[2])} | counts


def run(
    compiler: Compiler, label: str, geometry: Geometry, dtype: torch.dtype, choice: Choice, tokens: int
) -> None:
    """Compiles all kernels of a choice, through the code that launches them on a card."""
    g = geometry

    def empty(*shape: int, dtype: torch.dtype = dtype) -> torch.Tensor:
        return torch.empty(shape, dtype=dtype)  # addresses only: no page of it is touched

    scales = Fp8Scales(torch.ones(1), torch.ones(1), torch.ones(g.experts), torch.ones(g.experts))
    compiler.label = label
    experts = Experts(
        g,
        empty(g.experts, g.intermediate, g.hidden),
        empty(g.experts, g.hidden, g.intermediate),
        Workspace(g, 8192, "cpu"),
        scales=scales if dtype == FP8 else None,
        shared_up=empty(g.shared_intermediate, g.hidden),
        shared_down=empty(g.hidden, g.shared_intermediate),
        launch=compiler,
    )
    x = empty(tokens, g.hidden, dtype=BF16)
    if choice.fused_routing:
        logits = empty(tokens, g.experts, dtype=torch.float32)
        given: dict[str, Any] = {"routing": Routing(logits, empty(g.experts, dtype=torch.float32))}
    else:
        ids, weights = empty(tokens, g.top_k, dtype=torch.int32), empty(tokens, g.top_k, dtype=torch.float32)
        given = {"ids": ids, "weights": weights}
    experts.run(choice, x, torch.empty_like(x), shared_out=torch.empty_like(x), **given)


def shipped() -> Iterator[tuple[str, Geometry, torch.dtype, Choice, int]]:
    """What is reasoned, with and without the flags, and what measurements have chosen."""
    for geometry in (NANO, NANO_TP2):
        for dtype in (BF16, FP8):
            for tokens in TOKENS:
                choice = default_choice(geometry, tokens, dtype.itemsize)
                name = (
                    f"I={geometry.intermediate} {str(dtype).removeprefix('torch.')} T={tokens} {choice.way}"
                )
                yield name, geometry, dtype, choice, tokens
    for tokens in (1, 8, 8192):
        choice = default_choice(NANO, tokens, 2)
        yield (
            f"early T={tokens} {choice.way}",
            NANO,
            BF16,
            replace(choice, early_start=True, fused_routing=True),
            tokens,
        )
    folded = replace(default_choice(NANO, 8, 2), folded_shared=True)
    yield f"folded {folded.way}", NANO, BF16, folded, 8
    for file in sorted((dispatch.shipped_folder() or Path("nowhere")).glob("nemotron,*.json")):
        geometry = NANO_TP2 if "N=928" in file.name else NANO
        for r in dispatch.read(file).ranges:
            if r.choice.way != "stock":
                dtype = FP8 if "fp8" in file.name else BF16
                yield f"{file.stem} T={r.first} {r.choice.way}", geometry, dtype, r.choice, min(r.first, 8192)


def main() -> dict[str, dict[str, Any]]:
    driver.set_active(Hopper())
    compiler = Compiler()
    for label, geometry, dtype, choice, tokens in shipped():
        run(compiler, label, geometry, dtype, choice, tokens)
    return compiler.facts


if __name__ == "__main__":
    print(json.dumps(main()))
