"""Our ruler against a scripted server, from 1 to 1,000 streams, and beside vLLM's `bench serve`.

    python -P benchmarks/ruler.py [--out FILE.json] [--streams 1,16,64,256,1000] [--no-vllm]

vLLM's client reads OpenAI-shaped streams only, so the server sends those.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvloop

from nemotron_bench.arrivals import Closed
from nemotron_bench.client import Client
from nemotron_bench.environment import facts
from nemotron_bench.evidence import now, result_path, write_once
from nemotron_bench.limits import allow_open_files
from nemotron_bench.metrics import Distribution, Figures, figures
from nemotron_bench.ruler import Check, check
from nemotron_bench.run import Bounds, run_step
from nemotron_bench.scripted import MODEL, Script, scripted_server
from nemotron_bench.workloads import SyntheticSource, Workload

ROOT = Path(__file__).resolve().parents[1]
TOKENIZER = ROOT / "runtime/nemotron_runtime/weights/demo"
SCRIPT = Script(ttft_ms=250, itl_ms=50, events=64, reasoning_events=16)
RAMP_S = 3.0
VLLM = """
import argparse
from vllm.benchmarks.serve import add_cli_args, main
parser = argparse.ArgumentParser()
add_cli_args(parser)
main(parser.parse_args())
"""
TIMES = ("ttft", "tpot", "itl", "e2el")


def main() -> None:
    """Measures, prints two tables, writes one file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--streams", default="1,16,64,256,1000")
    parser.add_argument("--no-vllm", action="store_true")
    options = parser.parse_args()
    allow_open_files()
    about, checks, beside = facts(), [], []
    for streams in map(int, options.streams.split(",")):
        found = uvloop.run(check(SCRIPT, streams, rounds=2, ramp_s=RAMP_S if streams > 1 else 0.0))
        checks.append(as_row(found))
        print(line(checks[-1]), flush=True)
        if not options.no_vllm:
            beside.append(both(streams))
            print(json.dumps(beside[-1]), flush=True)
    document = {
        "schema": 1,
        "kind": "ruler",
        "time": now(),
        "facts": about,
        "script": asdict(SCRIPT),
        "ramp_s": RAMP_S,
        "checks": checks,
        "beside_vllm": beside,
    }
    path = options.out or result_path(ROOT / "benchmarks/results", about, "ruler")
    write_once(path, document)
    print(path)


def as_row(found: Check) -> dict[str, Any]:
    """What a check came to."""
    parts = ("event_error_ms", "send_error_ms", "server_late_ms")
    times = {f"{name}_ms": parts_of(getattr(found.figures, f"{name}_ms")) for name in ("ttfc", *TIMES)}
    errors = {name: parts_of(getattr(found, name)) for name in parts}
    limits = asdict(found.limits) | {"loop_lag_ms": parts_of(found.limits.loop_lag_ms)}
    return {"streams": found.streams, "requests": found.figures.requests, **times, **errors, "client": limits}


def parts_of(found: Distribution | None) -> dict[str, float] | None:
    """A distribution, to the microsecond."""
    return None if found is None else {name: round(value, 3) for name, value in asdict(found).items()}


def line(row: dict[str, Any]) -> str:
    """The errors of one check."""
    ttft, itl, event = row["ttft_ms"], row["itl_ms"], row["event_error_ms"]
    return (
        f"{row['streams']:5} streams: TTFT {ttft['p50']:.2f} / {ttft['p99']:.2f}, ITL {itl['p50']:.2f} / "
        f"{itl['p99']:.2f}, event error {event['p50']:.2f} / {event['p90']:.2f} / {event['p99']:.2f} ms, "
        f"server late {row['server_late_ms']['p99']:.2f} ms, CPU {row['client']['cpu_share']:.0%}"
    )


def both(streams: int) -> dict[str, Any]:
    """Ours, vLLM's, ours: all requests at once, for vLLM's client has no ramp."""
    requests = 2 * streams
    with scripted_server(SCRIPT) as url:
        first = ours(url, streams, requests)
        theirs = vllm(url, streams, requests)
        second = ours(url, streams, requests)
    return {"streams": streams, "ours": [first, second], "vllm": theirs}


def ours(url: str, streams: int, requests: int) -> dict[str, float]:
    """Medians, p99s and the rate, by our client."""

    async def measure() -> Figures:
        client = Client.connect(f"{url}/v1", MODEL)
        source = SyntheticSource(Workload("beside", "", input_tokens=(20,)), seed=0)
        try:
            step = await run_step(
                client, source.sessions("beside"), Closed(streams), Bounds(requests=requests)
            )
        finally:
            client.close()
        return figures(step.rows)

    found = uvloop.run(measure())
    times = {name: getattr(found, f"{name}_ms") for name in TIMES}
    medians = {f"{name}_p50_ms": round(one.p50, 2) for name, one in times.items()}
    tails = {f"{name}_p99_ms": round(one.p99, 2) for name, one in times.items()}
    return {**medians, **tails, "output_tokens_per_s": round(found.output_tokens_per_s, 2)}


def vllm(url: str, streams: int, requests: int) -> dict[str, float]:
    """The same by `vllm bench serve`, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        flags = {
            "--backend": "openai-chat",
            "--base-url": url,
            "--endpoint": "/v1/chat/completions",
            "--model": MODEL,
            "--tokenizer": str(TOKENIZER),
            "--dataset-name": "random",
            "--random-input-len": "20",
            "--random-output-len": str(SCRIPT.events),
            "--num-prompts": str(requests),
            "--max-concurrency": str(streams),
            "--percentile-metrics": ",".join(TIMES),
            "--metric-percentiles": "50,99",
            "--ready-check-timeout-sec": "0",
            "--result-dir": folder,
            "--result-filename": "result.json",
        }
        words = [word for pair in flags.items() for word in pair]
        command = [sys.executable, "-P", "-c", VLLM, *words, "--save-result", "--disable-tqdm"]
        environ = os.environ | {"HF_HUB_OFFLINE": "1"}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise SystemExit(f"vllm bench serve failed:\n{done.stderr[-3000:]}")
        found = json.loads((Path(folder) / "result.json").read_text())
    medians = {f"{name}_p50_ms": round(found[f"median_{name}_ms"], 2) for name in TIMES}
    tails = {f"{name}_p99_ms": round(found[f"p99_{name}_ms"], 2) for name in TIMES}
    return {**medians, **tails, "output_tokens_per_s": round(found["output_throughput"], 2)}


if __name__ == "__main__":
    main()
