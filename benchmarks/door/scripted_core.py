"""Runs a Python program whose vLLM gets a scripted engine core: tokens by the clock, taken or not.

All else is vLLM's own: AsyncLLM with its input and output processing and its statistics. The core stands in
the same process, so vLLM's transport between processes is left out of every side.

    python benchmarks/door/scripted_core.py 20 benchmarks/door/raw.py 64
"""

from __future__ import annotations

import asyncio
import runpy
import sys
import time
from types import SimpleNamespace
from typing import Any

from vllm.v1.engine import EngineCoreOutput, EngineCoreOutputs, FinishReason
from vllm.v1.engine.core_client import EngineCoreClient
from vllm.v1.metrics.stats import PrefillStats, SchedulerStats


class ScriptedCore:
    """Every stream gets a token at each beat. Beats that nobody asks for wait, as they would in a socket."""

    engine_ranks_managed = (0,)

    def __init__(self, interval_s: float, word: int) -> None:
        self._interval_s, self._word = interval_s, word
        self._left: dict[str, int] = {}
        self._fresh: set[str] = set()
        self._due = 0.0
        self._asked = asyncio.Event()
        self.resources = SimpleNamespace(engine_dead=False)

    async def add_request_async(self, request: Any) -> None:
        """A stream more."""
        if not self._left:
            self._due = time.monotonic() + self._interval_s
        self._left[request.request_id] = request.sampling_params.max_tokens
        self._fresh.add(request.request_id)
        self._asked.set()

    async def abort_requests_async(self, request_ids: list[str]) -> None:
        """Streams less."""
        for name in request_ids:
            self._left.pop(name, None)

    async def get_output_async(self) -> EngineCoreOutputs:
        """The next beat."""
        while not self._left:
            self._asked.clear()
            await self._asked.wait()
        if (early_s := self._due - time.monotonic()) > 0:
            await asyncio.sleep(early_s)
        self._due += self._interval_s
        outputs = [self._output(name) for name in self._left]
        self._left = {name: left - 1 for name, left in self._left.items() if left > 1}
        stats = SchedulerStats(num_running_reqs=len(outputs))
        return EngineCoreOutputs(outputs=outputs, scheduler_stats=stats)

    def _output(self, name: str) -> EngineCoreOutput:
        first = name in self._fresh
        self._fresh.discard(name)
        return EngineCoreOutput(
            name,
            [self._word],
            finish_reason=FinishReason.LENGTH if self._left[name] == 1 else None,
            prefill_stats=PrefillStats() if first else None,
        )

    async def get_supported_tasks_async(self) -> tuple[str, ...]:
        """Text only."""
        return ("generate",)

    async def reset_mm_cache_async(self) -> None:
        """It has none."""

    def dp_engines_running(self) -> bool:
        """There is one."""
        return True

    def shutdown(self, timeout: float | None = None) -> None:
        """Nothing to end."""


def install(interval_s: float) -> None:
    """From here on, vLLM of this process starts no engine."""

    def make(vllm_config: Any, *words: Any, **named: Any) -> ScriptedCore:
        vllm_config.cache_config.num_gpu_blocks = 4096
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(f"{vllm_config.model_config.model}/tokenizer.json")
        return ScriptedCore(interval_s, tokenizer.encode(" the", add_special_tokens=False).ids[0])

    EngineCoreClient.make_async_mp_client = staticmethod(make)


if __name__ == "__main__":
    install(float(sys.argv[1]) / 1000)
    sys.argv = sys.argv[2:]
    if sys.argv[0] == "-m":
        sys.argv = sys.argv[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, sys.argv[0].rpartition("/")[0])
        runpy.run_path(sys.argv[0], run_name="__main__")
