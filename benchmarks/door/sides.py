"""What an API costs above the engine: raw AsyncLLM, our server, vLLM's own, in turn, in one run.

All three hold the embedded checkpoint with equal settings; only one is asked at a time. CPU is that of the
process that speaks to clients, never of the engine's core. Every answer has its full length.

With --interval-ms the engine's core is scripted: each stream gets a token so often, however slow the process
is, so that a core faster than this machine's stands behind AsyncLLM. It is in the process and counts.

    python benchmarks/door/sides.py [--streams 1,16,64] [--rounds 3] [--interval-ms MS] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from ceiling import HERE, ask, cpu_s  # type: ignore[import-not-found]
from raw import ENDS, QUESTION, SLUG  # type: ignore[import-not-found]

from nemotron_bench.environment import facts
from nemotron_bench.servers import free_port
from nemotron_runtime.weights.embedded import embedded_checkpoint

ROOT = HERE.parents[1]
SEQUENCES = 64
START_S = 240
ENGINE = {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1", "VLLM_LOGGING_LEVEL": "ERROR"}
VLLM_FLAGS = {
    "--max-model-len": "32768",
    "--max-num-batched-tokens": "2048",
    "--dtype": "bfloat16",
    "--kv-cache-memory-bytes": str(1 << 30),
    "--generation-config": "vllm",
    "--served-model-name": SLUG,
}


class Raw:
    """AsyncLLM in a process of its own that is told what to do."""

    def __init__(self, process: subprocess.Popen[str], tokens: int) -> None:
        self._process, self._tokens = process, tokens
        assert process.stdout
        self.facts = json.loads(process.stdout.readline())

    def load(self, streams: int) -> dict[str, float]:
        """One load."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"streams": streams, "tokens": self._tokens}) + "\n")
        self._process.stdin.flush()
        seen = json.loads(self._process.stdout.readline())
        return figures(streams * self._tokens, seen["wall_s"], seen["cpu_s"], seen["first_s"])


class Server:
    """A server that is asked over HTTP."""

    def __init__(self, process: subprocess.Popen[Any], port: int, path: str, tokens: int) -> None:
        self._process, self._port, self._path, self._tokens = process, port, path, tokens
        body: dict[str, Any] = {
            "model": SLUG,
            "messages": [{"role": "user", "content": QUESTION}],
            "max_tokens": tokens,
            "seed": 1,
            "stream": True,
            "logit_bias": {str(token): -100 for token in ENDS},
        }
        thoughtless = {"chat_template_kwargs": {"enable_thinking": False}}
        body |= {"reasoning": {"enabled": False}} if "/api/" in path else thoughtless
        self._body = json.dumps(body).encode()

    def load(self, streams: int) -> dict[str, float]:
        """One load."""
        before = cpu_s(self._process.pid)
        seen = ask(self._port, streams, self._body, self._path)
        if seen["refused"]:
            raise SystemExit(f"{self._path}: {seen['refused']} of {streams} requests were refused")
        firsts = [a[0][0] - sent for a, sent in zip(seen["arrivals"], seen["sent"], strict=True)]
        events = sum(count for arrivals in seen["arrivals"] for _, count in arrivals)
        used_s = cpu_s(self._process.pid) - before
        tokens = streams * self._tokens
        return figures(tokens, seen["wall_s"], used_s, firsts) | {"tokens_an_event": tokens / events}


def figures(tokens: int, wall_s: float, used_s: float, firsts: list[float]) -> dict[str, float]:
    """What one load says."""
    return {
        "tokens_a_second": tokens / wall_s,
        "cpu_us_a_token": used_s / tokens * 1e6,
        "ttft_median_ms": statistics.median(firsts) * 1e3,
    }


@contextmanager
def running(*command: str, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process and all that it starts, until the block ends."""
    process = subprocess.Popen(command, env=os.environ | ENGINE, start_new_session=True, **options)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def wait_for(url: str, process: subprocess.Popen[Any]) -> None:
    """Until it answers 200."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"the server ended before it was ready: {process.args!r}")
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise SystemExit(f"{url} did not become ready in {START_S} s")


@dataclass(frozen=True)
class Load:
    """What is asked of each side.

    Attributes:
        interval_ms: Between two tokens of a stream, by a scripted core; None: the real engine.
    """

    streams: tuple[int, ...]
    rounds: int
    tokens: int
    interval_ms: float | None


def start(stack: ExitStack, load: Load) -> dict[str, Raw | Server]:
    """All three sides, one after the other."""
    python = [sys.executable, "-P"]
    if load.interval_ms is not None:
        python += [str(HERE / "scripted_core.py"), str(load.interval_ms)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    sequences = str(max(SEQUENCES, *load.streams))
    raw = Raw(stack.enter_context(running(*python, str(HERE / "raw.py"), sequences, **pipes)), load.tokens)

    port = free_port()
    command = [*python, str(Path(sys.executable).with_name("nemotron")), "serve", "--model", SLUG]
    ours = stack.enter_context(running(*command, "--port", str(port), "--max-sequences", sequences, **quiet))
    wait_for(f"http://127.0.0.1:{port}/ready", ours)

    other = free_port()
    flags = [word for pair in VLLM_FLAGS.items() for word in pair] + ["--max-num-seqs", sequences]
    command = [*python, "-m", "vllm.entrypoints.openai.api_server", "--model", str(embedded_checkpoint())]
    theirs = stack.enter_context(running(*command, "--enforce-eager", "--port", str(other), *flags, **quiet))
    wait_for(f"http://127.0.0.1:{other}/health", theirs)
    return {
        "AsyncLLM": raw,
        "ours": Server(ours, port, "/api/v1/chat/completions", load.tokens),
        "vLLM's": Server(theirs, other, "/v1/chat/completions", load.tokens),
    }


def measure(load: Load) -> list[dict[str, Any]]:
    """Each side once to warm up, then in turn, AsyncLLM first and last in each round."""
    rows = []
    with ExitStack() as stack:
        sides = start(stack, load)
        for count in load.streams:
            for side in sides.values():
                side.load(count)
            for number in range(load.rounds):
                for name in ("AsyncLLM", "ours", "vLLM's", "AsyncLLM"):
                    rows.append({"side": name, "streams": count, "round": number, **sides[name].load(count)})
                    print(json.dumps(rows[-1]), flush=True)
    return rows


def summary(rows: list[dict[str, Any]], streams: int) -> dict[str, Any]:
    """Medians of each side, and what they are to AsyncLLM's."""

    def middle(side: str, what: str) -> float:
        found = [r[what] for r in rows if (r["side"], r["streams"]) == (side, streams)]
        return float(statistics.median(found))

    table: dict[str, Any] = {"streams": streams}
    raw = [r["tokens_a_second"] for r in rows if (r["side"], r["streams"]) == ("AsyncLLM", streams)]
    for side in ("AsyncLLM", "ours", "vLLM's"):
        rate, used = middle(side, "tokens_a_second"), middle(side, "cpu_us_a_token")
        table[side] = {
            "tokens_a_second": round(rate, 1),
            "of_asyncllm": round(rate / statistics.median(raw), 3),
            "cpu_us_a_token": round(used, 1),
            "cpu_us_above_asyncllm": round(used - middle("AsyncLLM", "cpu_us_a_token"), 1),
            "ttft_median_ms": round(middle(side, "ttft_median_ms"), 1),
        }
        if side != "AsyncLLM":
            table[side]["tokens_an_event"] = round(middle(side, "tokens_an_event"), 2)
    table["spread_of_asyncllm"] = round((max(raw) - min(raw)) / statistics.median(raw), 3)
    return table


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", default="1,16,64")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=256, help="of an answer")
    parser.add_argument("--interval-ms", type=float, help="of a scripted core; none: the real engine")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    streams = tuple(map(int, options.streams.split(",")))
    load = Load(streams, options.rounds, options.tokens, options.interval_ms)
    about = facts()
    rows = measure(load)
    result: dict[str, Any] = {
        "schema": 1,
        "what": "what an API costs above the engine",
        **about,
        "tokens_an_answer": load.tokens,
        "scripted_interval_ms": load.interval_ms,
        "summary": [summary(rows, count) for count in streams],
        "rows": rows,
    }
    for table in result["summary"]:
        print(json.dumps(table, indent=1))
    out = (
        options.out
        or ROOT / f"benchmarks/results/{time.strftime('%Y-%m-%d')}-cpu-{about['commit']}-door.json"
    )
    out.write_text(json.dumps(result, indent=1) + "\n")
    print(out)


if __name__ == "__main__":
    main()
