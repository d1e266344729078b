"""The real command before the real server and engine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from nemotron_bench.evidence import read
from support.command import COMMAND

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("workload", ["smoke", "agent", "cancel"])
def test_nemotron_serve_is_measured(live: str, tmp_path: Path, workload: str) -> None:
    out = tmp_path / "run.json"
    wanted = tmp_path / "short.toml"
    wanted.write_text(SHORT[workload])
    command = [*COMMAND, "bench", "serve", "--base-url", f"{live}/api/v1", "--workload", str(wanted),
               "--concurrency", "1,4", "--requests", "12", "--warm-up", "1", "--no-ceiling",
               "--out", str(out), "--json"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    run = read(out)
    assert json.loads(done.stdout)["workload"]["hash"] == run.workload.hash
    assert run.server["model"] == "nemotron-runtime/embedded-demo"
    assert run.server["ready"]["engine"]["version"]
    for step in run.steps:
        figures = step.figures
        assert (figures.requests, figures.failed) == (12, 0), figures.errors
        assert figures.answered + figures.cancelled == 12
        assert 0 < figures.output_tokens <= 32 * 12
        assert figures.tokens_per_event is not None
        assert 1 <= figures.tokens_per_event < 8
        for row in step.rows:
            if row.ok:
                assert row.sent_s < row.first_s <= row.last_s <= row.end_s
                assert row.finish in ("length", "stop", "tool_calls")
                assert row.events == len(row.gaps_us) + 1
    if workload == "cancel":
        assert any(step.figures.cancelled for step in run.steps)
    if workload == "agent":  # an agent's loop is what prefix caching is for
        assert run.steps[-1].figures.cached_tokens > 0


SHORT = {
    "smoke": "input_tokens = [50]\noutput_tokens = 32\n",
    "agent": "input_tokens = [40]\noutput_tokens = 32\nfixed_output = false\nprefix_tokens = 200\n"
    "turns = 3\nresult_tokens = 60\n",
    "cancel": "input_tokens = [50]\noutput_tokens = 32\ncancel_share = 0.5\n",
}
