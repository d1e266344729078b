"""What the API costs: tokens/s and TTFT through HTTP against AsyncLLM used directly, A/B/A in one run.

Both sides run the embedded checkpoint with equal engine settings, each in a process of its own; only one is
asked at a time. Output length is fixed: the end-of-turn tokens are banned by logit_bias on both sides.

    python benchmarks/front_door.py [--out FILE.json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx

from nemotron_bench.servers import Command, running
from nemotron_runtime.chat.conversation import render_prompt, to_template
from nemotron_runtime.engine.base import Sampling
from nemotron_runtime.engine.vllm import VllmEngine, VllmOptions, sampling_params
from nemotron_runtime.serving import open_model
from nemotron_runtime.settings import Settings
from nemotron_runtime.wire.messages import UserMessage

ROOT = Path(__file__).resolve().parents[1]
SLUG = "nemotron-runtime/embedded-demo"
QUESTION = "Say something long about the sea, the sky and everything between them."
OUTPUT_TOKENS = 128
STREAMS = (1, 16)
ENDS = (2, 11)

Sample = tuple[float, float, int]
"""TTFT in seconds, end-to-end seconds, tokens."""


class Quiet:
    """Says nothing."""

    def phase(self, name: str, detail: str = "", left_s: float | None = None) -> None:
        """A step begins."""

    def ready(self, lines: list[str]) -> None:
        """It runs."""

    def warn(self, text: str) -> None:
        """Something is wrong."""


async def load(one: Callable[[], Awaitable[Sample]], streams: int) -> dict[str, Any]:
    """All streams at once: summed tokens over wall time, and the median TTFT."""
    began = time.perf_counter()
    samples = await asyncio.gather(*(one() for _ in range(streams)))
    wall_s = time.perf_counter() - began
    tokens = sum(sample[2] for sample in samples)
    return {
        "streams": streams,
        "tokens": tokens,
        "tokens_per_s": tokens / wall_s,
        "ttft_ms": 1000 * statistics.median(sample[0] for sample in samples),
    }


def direct(pipe: Connection) -> None:
    """A process that holds the engine and measures when told a number of streams; 0 ends it."""
    asyncio.run(_direct(pipe))


async def _direct(pipe: Connection) -> None:
    model = open_model(Settings.load({"model": SLUG}, {}), Quiet())
    conversation = to_template([UserMessage(role="user", content=QUESTION)])
    prompt = render_prompt(
        conversation, (), model.template, model.tokens, thinking=False, truncate_history=True
    )
    options = VllmOptions(
        model_dir=model.folder, device=model.device, context_tokens=model.served.context_tokens
    )
    began = time.perf_counter()
    engine = VllmEngine(options)
    await engine.start()
    llm = engine.llm
    start_s = time.perf_counter() - began
    sampling = Sampling(max_tokens=OUTPUT_TOKENS, seed=1, logit_bias=dict.fromkeys(ENDS, -100.0))
    pipe.send(
        {
            "start_s": start_s,
            "vllm": engine.info.version,
            "torch": version("torch"),
            "dtype": engine.info.dtype,
        }
    )
    number = 0

    async def one() -> Sample:
        nonlocal number
        number += 1
        sent = time.perf_counter()
        outputs = llm.generate(
            {"type": "token", "prompt_token_ids": list(prompt.ids)},
            sampling_params(sampling),
            f"direct-{number}",
        )
        first, tokens = 0.0, 0
        async for output in outputs:
            first = first or time.perf_counter() - sent
            tokens += len(output.outputs[0].token_ids)
        return first, time.perf_counter() - sent, tokens

    while streams := await asyncio.to_thread(pipe.recv):
        pipe.send(await load(one, streams))
    await engine.stop()


async def through_http(base: str, streams: int) -> dict[str, Any]:
    """The same over the API."""
    body = {
        "model": SLUG,
        "messages": [{"role": "user", "content": QUESTION}],
        "reasoning": {"enabled": False},
        "max_tokens": OUTPUT_TOKENS,
        "seed": 1,
        "stream": True,
        "logit_bias": {str(token): -100 for token in ENDS},
    }
    async with httpx.AsyncClient(timeout=300, limits=httpx.Limits(max_connections=None)) as client:

        async def one() -> Sample:
            sent = time.perf_counter()
            first, tokens = 0.0, 0
            async with client.stream("POST", f"{base}/chat/completions", json=body) as answer:
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    if not line.startswith("data: {"):
                        continue
                    first = first or time.perf_counter() - sent
                    usage = json.loads(line[6:]).get("usage") if '"usage"' in line else None
                    tokens = usage["completion_tokens"] if usage else tokens
            return first, time.perf_counter() - sent, tokens

        return await load(one, streams)


SERVER = Command((str(Path(sys.executable).with_name("nemotron")), "serve", "--model", SLUG))


async def measure(repeats: int) -> dict[str, Any]:
    """A (direct), B (API), A, for each number of streams."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    worker = context.Process(target=direct, args=(theirs,))
    worker.start()
    facts = ours.recv()
    rows = []
    try:
        with running(SERVER, ROOT / "build/front-door.log") as server:
            for streams in STREAMS:
                for side in ("direct", "api"):  # warm-up, thrown away
                    await one_side(side, ours, server.base_url, streams)
                for repeat in range(repeats):
                    for side in ("direct", "api", "direct"):
                        row = await one_side(side, ours, server.base_url, streams)
                        rows.append({"side": side, "repeat": repeat, **row})
                        print(row | {"side": side}, flush=True)
    finally:
        ours.send(0)
        worker.join()
    return {
        "ready_s": server.ready_s,
        "engine": facts,
        "rows": rows,
        "summary": [summary(rows, n) for n in STREAMS],
    }


async def one_side(side: str, pipe: Connection, base: str, streams: int) -> dict[str, Any]:
    """One measurement of one side."""
    if side == "api":
        return await through_http(base, streams)
    pipe.send(streams)
    return await asyncio.to_thread(pipe.recv)


def summary(rows: list[dict[str, Any]], streams: int) -> dict[str, Any]:
    """Medians of both sides, their ratio, and the spread of the direct side."""

    def values(side: str, name: str) -> list[float]:
        return [row[name] for row in rows if row["side"] == side and row["streams"] == streams]

    rates, api_rates = values("direct", "tokens_per_s"), values("api", "tokens_per_s")
    return {
        "streams": streams,
        "direct_tokens_per_s": statistics.median(rates),
        "api_tokens_per_s": statistics.median(api_rates),
        "ratio": statistics.median(api_rates) / statistics.median(rates),
        "direct_spread": (max(rates) - min(rates)) / statistics.median(rates),
        "direct_ttft_ms": statistics.median(values("direct", "ttft_ms")),
        "api_ttft_ms": statistics.median(values("api", "ttft_ms")),
    }


def git(*arguments: str) -> str:
    """Output of a git command in the repository."""
    return subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def main() -> None:
    """Measures, prints the ratios, writes one JSON file."""
    parser = argparse.ArgumentParser(description="What the API costs against the engine used directly.")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    commit = git("rev-parse", "--short", "HEAD")
    report = {
        "schema": 1,
        "what": "front_door",
        "commit": commit,
        "dirty": bool(git("status", "--porcelain", "--untracked-files=no")),
        "gpu": None,
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "output_tokens": OUTPUT_TOKENS,
        **asyncio.run(measure(options.repeats)),
    }
    out = (
        options.out
        or ROOT / "benchmarks/results" / f"{time.strftime('%Y-%m-%d')}-cpu-{commit}-front-door.json"
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, indent=1) + "\n")
    for row in report["summary"]:
        print({k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()})
    print(out)


if __name__ == "__main__":
    main()
