"""What the store costs a request: our server without it, with it, without it, in one run.

A scripted engine core gives one token to each request, so that requests are all there is to do.

    python benchmarks/door/store.py [--rounds 3] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ceiling import HERE, PATH, ask, cpu_s  # type: ignore[import-not-found]
from raw import QUESTION, SLUG  # type: ignore[import-not-found]
from sides import ROOT, running, wait_for  # type: ignore[import-not-found]

from nemotron_bench.environment import facts
from nemotron_bench.servers import free_port

CROWD = 200
CROWDS = 5
ALONE = 200
BODY = json.dumps(
    {
        "model": SLUG,
        "messages": [{"role": "user", "content": QUESTION}],
        "max_tokens": 1,
        "stream": True,
        "reasoning": {"enabled": False},
    }
).encode()


def load(server: subprocess.Popen[Any], port: int) -> dict[str, float]:
    """Crowds for the CPU of a request, then one request after the other for its time."""
    before = cpu_s(server.pid)
    for _ in range(CROWDS):
        refused = ask(port, CROWD, BODY)["refused"]
        if refused:
            raise SystemExit(f"{refused} requests were refused")
    time.sleep(1)  # what the writer still has to do
    used_s = cpu_s(server.pid) - before
    return {"cpu_us_a_request": used_s / (CROWD * CROWDS) * 1e6, **alone(port)}


def alone(port: int) -> dict[str, float]:
    """Times of requests that nobody else disturbs, in ms."""
    import httpx

    took = []
    with httpx.Client() as client:
        for _ in range(ALONE):
            began = time.perf_counter()
            client.post(f"http://127.0.0.1:{port}{PATH}", content=BODY).raise_for_status()
            took.append((time.perf_counter() - began) * 1e3)
    ordered = sorted(took)
    return {"p50_ms": statistics.median(took), "p99_ms": ordered[int(0.99 * len(ordered))]}


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    about = facts()
    program = [sys.executable, "-P", str(HERE / "scripted_core.py"), "0.1"]
    program += [str(Path(sys.executable).with_name("nemotron")), "serve", "--model", SLUG]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        servers = {}
        for side, store in {"off": "off", "on": f"{folder}/store.db"}.items():
            port = free_port()
            flags = ["--port", str(port), "--max-sequences", "1024", "--store", store]
            servers[side] = stack.enter_context(running(*program, *flags, **quiet)), port
            wait_for(f"http://127.0.0.1:{port}/ready", servers[side][0])
            load(*servers[side])
        for number in range(options.rounds):
            for side in ("off", "on", "off"):
                rows.append({"side": side, "round": number, **load(*servers[side])})
                print(json.dumps(rows[-1]), flush=True)
    names = ("cpu_us_a_request", "p50_ms", "p99_ms")
    summary = {
        side: {
            name: round(statistics.median(r[name] for r in rows if r["side"] == side), 3) for name in names
        }
        for side in ("off", "on")
    }
    print(json.dumps(summary, indent=1))
    name = f"{time.strftime('%Y-%m-%d')}-cpu-{about['commit']}-store-cost.json"
    out = options.out or ROOT / "benchmarks/results" / name
    what = "what the store costs a request"
    result = {"schema": 1, "what": what, **about, "summary": summary, "rows": rows}
    out.write_text(json.dumps(result, indent=1) + "\n")
    print(out)


if __name__ == "__main__":
    main()
