"""One engine with one set of kernels, timed and ended: run as a process of its own.

    python -m nemotron_kernels.tune.engine ORDER.json RESULT.json

Whether our kernels run and which files of tiles are used is in its environment, as for any vLLM.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from nemotron_kernels.tune.sane import BIAS, NORM, ROUTER

SEED = 0
SANE = "nemotron_kernels.tune.sane.SaneWeights"


def main(order_file: Path, result_file: Path) -> None:
    """Reads an order, writes seconds of each repeat by number of streams.

    It has `engine` (arguments of vLLM's `LLM`), `streams`, `prompt_tokens`, `output_tokens`, `repeats`.
    """
    from vllm import LLM

    order = json.loads(order_file.read_bytes())
    arguments = dict(order["engine"])
    is_dummy = arguments.get("load_format") == "dummy"
    llm = LLM(**arguments, **({"worker_extension_cls": SANE} if is_dummy else {}), seed=SEED)
    if is_dummy:
        _make_sane(llm)
    seconds = {streams: _time(llm, order, streams) for streams in order["streams"]}
    result_file.write_text(json.dumps({"seconds": seconds}))


def _make_sane(llm: Any) -> None:
    for found in llm.collective_rpc("make_weights_sane"):
        if missing := {BIAS, NORM, ROUTER} - set(found):
            names = " and no ".join(sorted(missing))
            raise RuntimeError(f"the model has no {names}: its routing would be unreal")


def _time(llm: Any, order: dict[str, Any], streams: int) -> list[float]:
    from vllm import SamplingParams

    draw = random.Random(SEED)  # noqa: S311  (prompts need no secrecy)
    vocabulary = llm.llm_engine.model_config.get_vocab_size()
    taken = []
    for _ in range(order["repeats"] + 1):  # the first warms what this size needs
        prompts = [
            {
                "prompt_token_ids": [
                    draw.randrange(vocabulary // 2, vocabulary) for _ in range(order["prompt_tokens"])
                ]
            }
            for _ in range(streams)
        ]
        sampling = SamplingParams(
            temperature=1.0, seed=SEED, max_tokens=order["output_tokens"], ignore_eos=True, detokenize=False
        )
        began = time.perf_counter()
        outputs = llm.generate(prompts, sampling, use_tqdm=False)
        taken.append(time.perf_counter() - began)
        short = [one for one in outputs if len(one.outputs[0].token_ids) != order["output_tokens"]]
        if short:
            raise RuntimeError(f"{len(short)} of {streams} streams ended early: the time is of less work")
    return taken[1:]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
