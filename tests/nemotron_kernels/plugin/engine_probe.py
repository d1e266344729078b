"""Serves a tiny NemotronH on the CPU; prints its greedy tokens and what ran its experts as a line of JSON.

A script, for the mode is read once in a process. With NEMOTRON_KERNELS=on and TRITON_INTERPRET=1 the plugin
puts the GPU's kernels in the place of the CPU's, under Triton's interpreter.
Usage: engine_probe.py FOLDER_OF_THE_CHECKPOINT
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import probe

NEW_TOKENS = 5
PROMPTS = [probe.tokens(3, seed=11), probe.tokens(14, seed=12), probe.tokens(1, seed=13)]
BATCH_TOKENS = 16


def counted() -> Counter[str]:
    """Counts the calls of our kernels, by way and flags; none where they aren't even imported."""
    calls: Counter[str] = Counter()
    if os.environ.get("NEMOTRON_KERNELS") != "on":
        return calls
    from nemotron_kernels.gpu.layer import Experts
    from nemotron_kernels.plugin.report import runs

    original = Experts.run

    def run(self: Any, choice: Any, x: Any, *args: Any, **more: Any) -> None:
        calls[runs(choice)] += 1
        original(self, choice, x, *args, **more)

    Experts.run = run
    return calls


def keep_the_weights_of_shared_experts() -> None:
    """On a CPU vLLM repacks the weights of linear layers and drops the originals, which a GPU keeps."""
    from vllm.model_executor.models.nemotron_h import NemotronHMLP

    original = NemotronHMLP.__init__

    def init(self: Any, *args: Any, **more: Any) -> None:
        original(self, *args, **more)
        self.up_proj._cpu_skip_gemm_dispatch = self.down_proj._cpu_skip_gemm_dispatch = True

    NemotronHMLP.__init__ = init


def main(folder: Path) -> dict[str, Any]:
    probe.NEW_TOKENS = NEW_TOKENS
    if not (folder / "config.json").exists():
        probe.build(folder)
    calls = counted()
    keep_the_weights_of_shared_experts()
    engine = probe.Engine(
        folder, max_num_batched_tokens=BATCH_TOKENS, max_num_seqs=4, enable_prefix_caching=False
    )
    alone = [engine.answer(prompt)[0]["tokens"] for prompt in PROMPTS]
    together = [answer["tokens"] for answer in engine.answer(*PROMPTS)]
    engine.close()
    return {"alone": alone, "together": together, "calls": calls}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
