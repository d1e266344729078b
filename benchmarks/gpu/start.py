"""How the server starts on this machine, phase by phase: once with empty caches, once with those it filled.

It also holds the plan against what vLLM then reports. On a GPU the model is the 30B's shape with dummy
weights unless flags say otherwise; without one, the embedded demo.

    python benchmarks/gpu/start.py [--out FILE.json] [flags of nemotron serve]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NEMOTRON = [sys.executable, "-P", "-c", "from nemotron_runtime.cli import main; main()"]
CACHES = ("VLLM_CACHE_ROOT", "TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR", "FLASHINFER_WORKSPACE_BASE")
READY_S = 900
PLAN_FLAGS = {"--variant", "--context-tokens", "--ssm-dtype"}
"""Flags of serve that `nemotron plan` takes, too."""


def main() -> int:
    """Starts twice, prints a table, writes the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, help="write the result as JSON")
    options, flags = parser.parse_known_args()
    planned = plan(flags)
    if planned and not any(flag.startswith("--load-format") for flag in flags):
        flags.append("--load-format=dummy")
    with tempfile.TemporaryDirectory() as caches:
        environ = os.environ | {name: str(Path(caches) / name) for name in CACHES}
        starts = {name: start(flags, environ) for name in ("cold", "warm")}
    result = {
        **facts(),
        "flags": flags,
        "plan": planned,
        "reported": starts["warm"].pop("reported"),
        "starts": starts,
    }
    starts["cold"].pop("reported")
    show(result)
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0


def plan(flags: list[str]) -> dict[str, Any] | None:
    """What `nemotron plan` says of the cards here; None where there is none."""
    wanted = [flag for flag in flags if flag.partition("=")[0] in PLAN_FLAGS]
    done = subprocess.run([*NEMOTRON, "plan", "--json", *wanted], capture_output=True, text=True, check=False)
    found: dict[str, Any] | None = json.loads(done.stdout) if done.stdout.strip() else None
    return found


def start(flags: list[str], environ: dict[str, str]) -> dict[str, Any]:
    """One start, from the command to the end of its shutdown."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    server = subprocess.Popen([*NEMOTRON, "serve", f"--port={port}", *flags], env=environ)
    try:
        ready = wait(server, f"http://127.0.0.1:{port}/ready")
        ready_s = time.monotonic() - began
        metrics = get(f"http://127.0.0.1:{port}/metrics").decode()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(120)
    return {
        "ready_s": round(ready_s, 1),
        "phases_s": ready["start"]["phases"],
        "reported": {"engine": ready["engine"], "cache": cache(metrics)},
    }


def wait(server: subprocess.Popen[bytes], url: str) -> dict[str, Any]:
    """The body of /ready, once it says so."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(f"the server ended with {server.returncode}")
        try:
            body: dict[str, Any] = json.loads(get(url))
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return body
    raise SystemExit(f"the server was not ready after {READY_S} s")


def get(url: str) -> bytes:
    """A body; raises URLError for any status but 200."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        content: bytes = answer.read()
    return content


def cache(metrics: str) -> dict[str, str]:
    """What vLLM says of its blocks."""
    line = next((line for line in metrics.splitlines() if line.startswith("vllm:cache_config_info{")), "")
    found = dict(re.findall(r'(\w+)="([^"]*)"', line))
    wanted = ("block_size", "num_gpu_blocks", "kv_cache_memory_bytes", "gpu_memory_utilization")
    return {name: found[name] for name in wanted if name in found}


def facts() -> dict[str, Any]:
    """What this ran on."""
    gpu = ""
    if shutil.which("nvidia-smi"):
        query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
        gpu = subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "gpu": gpu.splitlines(),
        "versions": {name: version(name) for name in ("nemotron-runtime", "torch")},
        "commit": git("rev-parse", "--short", "HEAD"),
        "dirty": bool(git("status", "--porcelain", "--untracked-files=no")),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def git(*arguments: str) -> str:
    """Output of a git command; empty outside a checkout."""
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def show(result: dict[str, Any]) -> None:
    """A short table."""
    engine = {"vllm": result["reported"]["engine"]["version"]}
    print(json.dumps({name: result[name] for name in ("gpu", "versions", "commit", "flags")} | engine))
    cold, warm = (result["starts"][name] for name in ("cold", "warm"))
    for name in dict.fromkeys([*cold["phases_s"], *warm["phases_s"]]):
        print(f"{name:12} {cold['phases_s'].get(name, 0):8.1f} s {warm['phases_s'].get(name, 0):8.1f} s")
    print(f"{'ready':12} {cold['ready_s']:8.1f} s {warm['ready_s']:8.1f} s")
    if planned := result["plan"]:
        blocks, tokens = (result["reported"]["cache"].get(key) for key in ("num_gpu_blocks", "block_size"))
        print(f"plan: {planned['block_tokens']} tokens a block, {planned['blocks']} blocks")
        print(f"vLLM: {tokens} tokens a block, {blocks} blocks")


if __name__ == "__main__":
    sys.exit(main())
