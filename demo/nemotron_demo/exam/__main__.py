"""Examines the demo model through the served API: `make demo-eval`.

    python -P -m nemotron_demo.exam [--base-url URL] [--count 500] [--seed N] [--out FILE.json] [--check]

Without a URL it starts `nemotron serve` and ends it afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import sys
import time
from pathlib import Path

from nemotron_bench.servers import Command, running
from nemotron_demo.dialogues import draw
from nemotron_demo.dialogues.more_tools import HELD_OUT
from nemotron_demo.exam import effort, report
from nemotron_demo.exam.environment import ROOT, environment
from nemotron_demo.exam.questions import questions_of
from nemotron_demo.exam.run import examine

SEED = 3_000_017
MODEL = "nemotron-runtime/embedded-demo"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="nemotron_demo.exam", description="Examines the demo model through the served API."
    )
    parser.add_argument("--base-url", help="a running server's, as http://127.0.0.1:8000/api/v1")
    parser.add_argument("--model", default=MODEL, help="what to serve where no URL is given")
    parser.add_argument("--count", type=int, default=500, help="dialogues")
    parser.add_argument("--seed", type=int, default=SEED, help="of the dialogues")
    parser.add_argument("--out", type=Path, help="file for the results")
    parser.add_argument("--log", type=Path, default=ROOT / "build/demo-eval.log", help="the server's output")
    parser.add_argument("--check", action="store_true", help="end with 1 where a target is missed")
    return parser.parse_args()


def main() -> int:
    """Measures, prints the tables, writes one JSON file."""
    options = _options()
    began = time.perf_counter()
    facts = environment()
    chance = random.Random(options.seed)
    dialogues = [draw(chance, held_out=True) for _ in range(options.count)]
    questions = list(questions_of(dialogues, {tool.name for tool in HELD_OUT}))
    command = Command((str(Path(sys.executable).with_name("nemotron")), "serve", "--model", options.model))
    with contextlib.ExitStack() as stack:
        base = options.base_url or stack.enter_context(running(command, options.log)).base_url
        found = asyncio.run(examine(base.rstrip("/"), questions))
    about = {"schema": 1, "what": "demo_eval", "seed": options.seed, "dialogues": options.count}
    results = {**about, **facts, "wall_s": round(time.perf_counter() - began, 1), **found}
    out = options.out or _default_out(facts["commit"])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    rows = {name: one["measures"] for name, one in found["passes"].items()}
    print(report.table(rows), effort.table(found["effort"]), sep="\n\n")
    print(f"\n{options.count} dialogues, {len(questions)} turns, {results['wall_s']} s: {out}")
    return 1 if options.check and not report.all_met(rows) else 0


def _default_out(commit: str) -> Path:
    return ROOT / "benchmarks/results" / f"{time.strftime('%Y-%m-%d')}-cpu-{commit}-demo-eval.json"


if __name__ == "__main__":
    sys.exit(main())
