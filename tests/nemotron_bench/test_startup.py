"""Starts of a small program that says what a server says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from nemotron_bench.servers import Command, ServerFailed
from nemotron_bench.startup import CACHES, cache, document, starts
from support.starter import PROGRAM


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
