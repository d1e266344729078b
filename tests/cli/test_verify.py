"""``nemotron verify``: damage is found, told and remembered, and a pull mends only what it has to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nemotron_runtime.errors import WeightsMissing
from nemotron_runtime.weights.hub import snapshot
from support.command import Run
from support.hub import Hub, asked
from support.pulls import REPO, VARIANT, contents, pull
from support.tiny_model import SHARDS, tiny_model

MODEL = tiny_model()
OTHER = "someone/Other-Nemotron"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with asked(monkeypatch, tmp_path / "hub") as one:
        one.put(REPO, MODEL)
        yield one


def flip(path: Path) -> None:
    """As a bad disk does it: one bit, and the time of the last change stays."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.resolve().write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_is_right_is_called_right_without_the_hub(run: Run, hub: Hub) -> None:
    pull()
    hub.seen.clear()
    result = run("verify")
    assert (result.exit_code, f"all {len(MODEL)} files are right" in result.stderr) == (0, True)
    assert not hub.seen


def test_a_flipped_bit_is_found_and_then_known_to_serve(run: Run, hub: Hub) -> None:
    folder = pull()
    flip(folder / SHARDS[1])
    assert snapshot(VARIANT) == folder  # nothing shows it from outside
    result = run("verify", REPO)
    assert result.exit_code == 3
    assert f"{SHARDS[1]} (damaged). Run `nemotron pull {REPO} --revision main`" in result.stderr
    with pytest.raises(WeightsMissing, match=f"{SHARDS[1]} changed since the last check"):
        snapshot(VARIANT)
    hub.seen.clear()
    assert contents(pull()) == MODEL
    assert not hub.asked(SHARDS[0])
    assert run("verify").exit_code == 0


def test_what_is_gone_or_short_is_told(run: Run, hub: Hub) -> None:
    folder = pull()
    (folder / SHARDS[0]).unlink()
    (folder / "tokenizer.json").resolve().write_bytes(b"")
    result = run("verify")
    assert result.exit_code == 3
    assert f"{SHARDS[0]} (gone), tokenizer.json (of another size)" in result.stderr
    assert contents(pull()) == MODEL


def test_files_that_are_only_newer_are_right_again(run: Run, hub: Hub) -> None:
    folder = pull()
    os.utime(folder / SHARDS[0])
    with pytest.raises(WeightsMissing, match="Run `nemotron verify"):
        snapshot(VARIANT)
    assert run("verify").exit_code == 0
    assert snapshot(VARIANT) == folder


def test_one_that_is_damaged_does_not_hide_another(run: Run, hub: Hub) -> None:
    hub.put(OTHER, tiny_model(seed=1))
    pull()
    flip(pull(replace(VARIANT, repo=OTHER)) / SHARDS[0])
    result = run("verify", "--json")
    ends = [one for one in map(json.loads, result.stdout.splitlines()) if one["event"] in ("done", "error")]
    assert result.exit_code == 3
    assert {one["repo"]: one["event"] for one in ends} == {OTHER: "error", REPO: "done"}


def test_where_nothing_was_pulled_it_says_so(run: Run, hub: Hub) -> None:
    for args in ((), (REPO,), ("--variant", "fp8")):
        result = run("verify", *args)
        assert (result.exit_code, "run `nemotron pull`" in result.stderr) == (3, True)
    assert run("verify", REPO, "--variant", "fp8").exit_code == 2
