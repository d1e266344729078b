"""Starts of a small program that says what a server says."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path

import pytest

from nemotron_bench.servers import Command, ServerFailed
from nemotron_bench.startup import CACHES, cache, document, starts

PROGRAM = textwrap.dedent("""
    import http.server, json, os, pathlib, sys
    filled = pathlib.Path(os.environ["VLLM_CACHE_ROOT"]) / "filled"
    phases = {"load": 1.0} if filled.exists() else {"load": 1.0, "compile": 2.5, "odd": None}
    filled.parent.mkdir(parents=True, exist_ok=True)
    filled.touch()
    METRICS = 'vllm:cache_config_info{block_size="128",num_gpu_blocks="7",other="x"} 1.0'
    READY = {"status": "ready", "start": {"phases": phases}} if "--silent" not in sys.argv else {}
    BODIES = {"/ready": json.dumps(READY), "/v1/models": '{"data": [{"id": "m"}]}', "/metrics": METRICS}
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path in BODIES else 404)
            self.end_headers()
            self.wfile.write(BODIES.get(self.path, "").encode())
        def log_message(self, *arguments):
            pass
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Handler).serve_forever()
""")


def command(*flags: str, **environ: str) -> Command:
    return Command((sys.executable, "-c", PROGRAM, *flags), environ)


def test_a_cold_start_has_empty_caches_and_a_warm_one_those_it_filled(tmp_path: Path) -> None:
    told: list[str] = []
    cold, warm = starts(command(), tmp_path, 60, told.append)
    assert told == ["cold", "warm"]
    assert (cold.kind, cold.phases_s) == ("cold", {"load": 1.0, "compile": 2.5})
    assert (warm.kind, warm.phases_s) == ("warm", {"load": 1.0})
    assert min(cold.ready_s, warm.ready_s) > 0
    assert warm.cache == {"block_size": "128", "num_gpu_blocks": "7"}
    assert cold.server["ready"]["status"] == "ready"


def test_the_caches_are_not_the_users(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    list(starts(command(**dict.fromkeys(CACHES, str(mine))), tmp_path, 60, lambda kind: None))
    assert not mine.exists()


def test_a_server_that_tells_no_phases_has_none(tmp_path: Path) -> None:
    found = list(starts(command("--silent"), tmp_path, 60, lambda kind: None))
    assert [one.phases_s for one in found] == [{}, {}]
    written = json.loads(json.dumps(document(command("--silent"), found)))
    assert (written["kind"], written["starts"]["warm"]["phases_s"]) == ("startup", {})
    assert written["server_command"][-1] == "--silent"


def test_a_server_that_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="ended with 3"):
        list(starts(Command((sys.executable, "-c", "raise SystemExit(3)")), tmp_path, 60, lambda kind: None))


def test_metrics_without_blocks() -> None:
    assert cache("") == cache('vllm:cache_config_info_other{block_size="1"} 1') == {}
