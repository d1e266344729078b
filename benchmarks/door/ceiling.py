"""The door alone: CPU of the API process for a streamed token, and how late tokens come, by open streams.

python benchmarks/door/ceiling.py [--streams 1,100,1000] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import bisect
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from nemotron_bench.environment import facts

HERE = Path(__file__).parent
PATH = "/api/v1/chat/completions"
LONG_WORDS = 200_000
TICKS = os.sysconf("SC_CLK_TCK")
QUESTION = "Say something long about the sea, the sky and everything between them."


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int) -> int:
    """Memory of a process now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def once(python: str, streams: int, tokens: int, interval_ms: float, long_prompts: int) -> dict[str, Any]:
    """One server, one crowd; meanwhile some prompts of LONG_WORDS words, one after the other."""
    flags = ["--interval-ms", str(interval_ms), "--tokens", str(tokens)]
    server = subprocess.Popen(
        [python, "-P", str(HERE / "metronome.py"), *flags], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout
    try:
        ready = json.loads(server.stdout.readline())
        body = json.dumps(
            {
                "model": ready["model"],
                "stream": True,
                "max_tokens": tokens,
                "reasoning": {"enabled": False},
                "messages": [{"role": "user", "content": QUESTION}],
            }
        ).encode()
        ask(ready["port"], 1, body)  # what is done once is done
        before_bytes, before_s = resident_bytes(server.pid), cpu_s(server.pid)
        peak, stop = [before_bytes], threading.Event()
        watcher = threading.Thread(target=watch, args=(server.pid, peak, stop))
        watcher.start()
        longs = threading.Thread(target=ask_long, args=(ready, long_prompts))
        longs.start()
        seen = ask(ready["port"], streams, body)
        longs.join()
        used_s = cpu_s(server.pid) - before_s
        stop.set()
        watcher.join()
    finally:
        server.send_signal(signal.SIGTERM)
    beats = json.loads(server.stdout.readline())["beats"]
    server.wait()
    return summary(streams, tokens, interval_ms, long_prompts, seen, used_s, beats) | {
        "kib_a_stream": round((max(peak) - before_bytes) / 1024 / streams, 1)
    }


def watch(pid: int, peak: list[int], stop: threading.Event) -> None:
    """Notes memory while the streams are open."""
    while not stop.wait(0.1):
        peak.append(resident_bytes(pid))


def ask_long(ready: dict[str, Any], count: int) -> None:
    """Prompts that take long to render and to count: they must not hold up the others' tokens."""
    body = {
        "model": ready["model"],
        "max_tokens": 1,
        "messages": [{"role": "user", "content": "one two three four " * (LONG_WORDS // 4)}],
    }
    url = f"http://127.0.0.1:{ready['port']}{PATH}"
    time.sleep(1)
    for _ in range(count):
        httpx.post(url, json=body, timeout=120)


def ask(port: int, streams: int, body: bytes, path: str = PATH) -> dict[str, Any]:
    """A crowd in a process of its own."""
    flags = ["--port", str(port), "--streams", str(streams), "--path", path]
    done = subprocess.run(
        [sys.executable, "-P", str(HERE / "crowd.py"), *flags],
        input=body,
        capture_output=True,
        check=True,
    )
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def summary(
    streams: int,
    tokens: int,
    interval_ms: float,
    long_prompts: int,
    seen: dict[str, Any],
    used_s: float,
    beats: list[float],
) -> dict[str, Any]:
    """What one run says."""
    events = sum(count for arrivals in seen["arrivals"] for _, count in arrivals)
    late = delays(seen["arrivals"], beats) if interval_ms else []
    first = [a[0][0] - sent for a, sent in zip(seen["arrivals"], seen["sent"], strict=True) if a]
    row = {
        "streams": streams,
        "tokens": tokens,
        "interval_ms": interval_ms,
        "long_prompts": long_prompts,
        "refused": seen["refused"],
        "events": events,
        "wall_s": round(seen["wall_s"], 3),
        "tokens_a_second": round(streams * tokens / seen["wall_s"]),
        "cpu_us_a_token": round(used_s / (streams * tokens) * 1e6, 1),
        "tokens_a_second_a_core": round(streams * tokens / used_s) if used_s else None,
        "client_cpu_share": round(seen["own_cpu_s"] / seen["wall_s"], 2),
        "ttft_median_ms": round(statistics.median(first) * 1e3, 1),
    }
    if late:
        ordered = sorted(late)
        row["late_ms"] = {
            name: round(ordered[int(share * (len(ordered) - 1))] * 1e3, 2)
            for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
        }
    return row


def delays(arrivals: list[list[tuple[float, int]]], beats: list[float]) -> list[float]:
    """For each read, the time since the last beat before it: its tokens were there then."""
    found = []
    for stream in arrivals:
        for at, _ in stream:
            index = bisect.bisect_right(beats, at) - 1
            if index >= 0:
                found.append(at - beats[index])
    return found


LOADS = (
    # streams, tokens of an answer, milliseconds between beats, long prompts meanwhile
    (1, 400, 40.0, 0),
    (64, 400, 40.0, 0),
    (64, 400, 40.0, 6),
    (256, 400, 40.0, 0),
    (1000, 60, 200.0, 0),
    (4000, 30, 1000.0, 0),
)


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, help="one load of so many streams, instead of all")
    parser.add_argument("--before", help="Python of another checkout: it is measured before and after")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    loads = [load for load in LOADS if options.streams in (None, load[0])]
    sides = {"before": options.before, "now": sys.executable} if options.before else {"now": sys.executable}
    order = ("before", "now", "before", "now") if options.before else ("now", "now")
    rows = []
    for load in loads:
        for side in order:
            rows.append({"side": side, **once(sides[side], *load)})
            print(json.dumps(rows[-1]), flush=True)
    bare_us = bare()
    print(f"the engine of this benchmark by itself: {bare_us:.1f} us a token")
    if options.out:
        before = options.before and commit_of(Path(options.before).parents[2])
        result = {
            "schema": 1,
            "what": "the API around an engine that gives every stream a token at each beat",
            **facts(),
            "before": before,
            "engine_alone_us_a_token": round(bare_us, 2),
            "rows": rows,
        }
        options.out.write_text(json.dumps(result, indent=1) + "\n")


def bare() -> float:
    """The metronome without an API."""
    flags = ["--interval-ms", "40", "--tokens", "100", "--bare", "256"]
    command = [sys.executable, "-P", str(HERE / "metronome.py"), *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seen: dict[str, float] = json.loads(done.stdout)
    return seen["cpu_us_a_token"]


def commit_of(folder: Path) -> str:
    """The commit that a folder is at."""
    command = ["git", "-C", str(folder), "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
