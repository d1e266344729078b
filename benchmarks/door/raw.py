"""vLLM's AsyncLLM used directly: reads lines of JSON that ask for a load, and answers each with its figures.

echo '{"streams": 16, "tokens": 128, "sequences": 64}' | python benchmarks/door/raw.py 64
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time

from nemotron_runtime import logs
from nemotron_runtime.chat.conversation import render_prompt, to_template
from nemotron_runtime.engine.base import Sampling
from nemotron_runtime.engine.vllm import VllmEngine, VllmOptions, sampling_params
from nemotron_runtime.serving import open_model
from nemotron_runtime.settings import Settings
from nemotron_runtime.wire.messages import UserMessage

SLUG = "nemotron-runtime/embedded-demo"
QUESTION = "Say something long about the sea, the sky and everything between them."
ENDS = (2, 11)
"""Tokens that end a turn: every answer is to have its full length."""


class Quiet:
    """Says nothing."""

    def phase(self, name: str, detail: str = "", left_s: float | None = None) -> None:
        """A step begins."""

    def ready(self, lines: list[str]) -> None:
        """It runs."""

    def warn(self, text: str) -> None:
        """Something is wrong."""


async def serve(sequences: int) -> None:
    """Answers until its input ends."""
    logs.configure("error", "json")
    model = open_model(Settings.load({"model": SLUG}, {}), Quiet())
    conversation = to_template([UserMessage(role="user", content=QUESTION)])
    prompt = render_prompt(
        conversation, (), model.template, model.tokens, thinking=False, truncate_history=True
    )
    context_tokens = model.served.context_tokens
    engine = VllmEngine(
        VllmOptions(model.folder, model.device, context_tokens=context_tokens, max_sequences=sequences)
    )
    await engine.start()
    print(json.dumps({"pid": os.getpid(), "vllm": engine.info.version}), flush=True)
    number = 0

    async def one(tokens: int) -> float:
        nonlocal number
        number += 1
        sampling = Sampling(max_tokens=tokens, seed=1, logit_bias=dict.fromkeys(ENDS, -100.0))
        sent, first = time.perf_counter(), 0.0
        outputs = engine.llm.generate(
            {"type": "token", "prompt_token_ids": list(prompt.ids)}, sampling_params(sampling), str(number)
        )
        async for _ in outputs:
            first = first or time.perf_counter() - sent
        return first

    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        before, began = cpu_s(), time.perf_counter()
        firsts = await asyncio.gather(*(one(asked["tokens"]) for _ in range(asked["streams"])))
        wall_s = time.perf_counter() - began
        print(json.dumps({"wall_s": wall_s, "cpu_s": cpu_s() - before, "first_s": firsts}), flush=True)
    await engine.stop()


def cpu_s() -> float:
    """CPU seconds of this process so far; the engine's core is another one."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
