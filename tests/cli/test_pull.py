"""``nemotron pull`` as a command: what it says, asks and obeys."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from nemotron_runtime.errors import WeightsMissing
from nemotron_runtime.hardware.probe import Gpu
from nemotron_runtime.weights.hub import snapshot
from support.command import COMMAND, Run
from support.hub import Hub, asked, environment, serving, sha256
from support.hub_faults import hold, status
from support.pulls import REPO, VARIANT, contents, pull
from support.tiny_model import CONFIG, SHARDS, tiny_model

MODEL = tiny_model()
FP8 = "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-FP8"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with asked(monkeypatch, tmp_path / "hub") as one:
        yield one


def events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def child(*args: str, env: dict[str, str], **options: Any) -> subprocess.Popen[str]:
    """A process of its own, with these variables of Hugging Face and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return subprocess.Popen([*COMMAND, "pull", *args], env=clean | env, text=True, **options)


def output(*args: str, env: dict[str, str]) -> tuple[int, str, str]:
    process = child(*args, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate()
    return process.returncode, out, err


# What it says


def test_sizes_licence_and_room_are_told_before_the_download(run: Run, hub: Hub) -> None:
    commit = hub.put(REPO, MODEL)
    result = run("pull", REPO, "--yes")
    assert result.exit_code == 0
    said = result.stderr
    assert said.startswith(f"{REPO} at {commit[:12]} (main)\nlicence   open-model\nfiles     6 of 0.00 GB\n")
    assert said.index("free ") < said.index("download: 0.00 of 0.00 GB (100 %)")
    assert f"is whole: {snapshot(VARIANT)}" in said
    assert contents(snapshot(VARIANT)) == MODEL


def test_where_all_is_there_it_says_so(run: Run, hub: Hub) -> None:
    hub.put(REPO, MODEL)
    pull()
    hub.seen.clear()
    result = run("pull", REPO)
    assert (result.exit_code, "is whole" in result.stderr) == (0, True)
    assert not hub.bytes_asked()


def test_programs_get_json_lines(run: Run, hub: Hub) -> None:
    commit = hub.put(REPO, MODEL)
    total = sum(map(len, MODEL.values()))
    first, *progress, last = events(run("pull", REPO, "--yes", "--json").stdout)
    assert (first["event"], first["commit"], first["licence"]) == ("order", commit, "open-model")
    assert (first["files"], first["bytes"], first["download_bytes"]) == (len(MODEL), total, total)
    assert (first["gated"], first["check_bytes"], first["free_bytes"] > 0) == (False, 0, True)
    assert {one["event"] for one in progress} == {"progress"}
    assert progress[-1]["done_bytes"] == progress[-1]["total_bytes"] == total
    assert (last["event"], last["commit"], last["folder"]) == ("done", commit, str(snapshot(VARIANT)))


def test_a_fault_is_a_json_line_too(run: Run, hub: Hub) -> None:
    hub.put(REPO, MODEL)
    hub.fail(SHARDS[0], *[status(403)] * 9)
    result = run("pull", REPO, "--yes", "--json")
    assert result.exit_code == 3
    assert events(result.stdout)[-1]["event"] == "error"
    assert events(result.stdout)[-1]["message"] in result.stderr.replace("\n", " ")


def test_what_happens_on_the_way_is_told(run: Run, hub: Hub) -> None:
    hub.put(REPO, MODEL)
    hub.fail(SHARDS[0], status(503))
    assert f"{SHARDS[0]}: the hub answered 503; goes on at 0.00 GB" in run("pull", REPO, "--yes").stderr


def test_a_dry_run_fetches_and_writes_nothing(run: Run, hub: Hub) -> None:
    hub.put(REPO, MODEL)
    result = run("pull", REPO, "--dry-run", "--json")
    assert result.exit_code == 0
    assert [one["event"] for one in events(result.stdout)] == ["order"]
    assert not hub.bytes_asked()
    assert not Path(constants.HF_HUB_CACHE).exists()


def test_a_hostile_licence_can_not_steer_the_terminal(run: Run, hub: Hub) -> None:
    hub.card = {"license": "\x1b[2Jgone"}
    hub.put(REPO, MODEL)
    assert "\x1b" not in run("pull", REPO, "--dry-run").stderr


# What it asks


def test_without_a_terminal_it_wants_yes(run: Run, hub: Hub) -> None:
    hub.put(REPO, MODEL)
    result = run("pull", REPO)
    assert (result.exit_code, "add --yes" in result.stderr) == (2, True)
    assert not hub.bytes_asked()


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2)])
def test_on_a_terminal_it_asks(tmp_path: Path, answer: str, code: int) -> None:
    with serving() as hub:
        hub.put(REPO, MODEL)
        master, slave = pty.openpty()
        os.write(master, f"{answer}\n".encode())
        process = child(REPO, env=environment(hub, tmp_path), stdin=slave, stderr=subprocess.PIPE)
        _, said = process.communicate()
        os.close(master)
        os.close(slave)
        assert (process.returncode, "Download? [y/N]" in said) == (code, True)
        assert hub.bytes_asked() == (answer == "y")


def test_what_does_not_fit_is_refused_before_the_question(
    run: Run, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.put(REPO, MODEL)
    monkeypatch.setattr("nemotron_runtime.weights.pull._free_bytes", lambda folder: 10)
    result = run("pull", REPO)
    assert (result.exit_code, "Free some, or choose another disk" in result.stderr) == (3, True)
    assert not hub.bytes_asked()


def test_who_may_not_download_is_told_where_the_terms_are(run: Run, hub: Hub) -> None:
    hub.put(REPO, MODEL)
    hub.token, hub.listed, hub.refusal = "hf_other", True, (403, "GatedRepo")
    result = run("pull", REPO, "--yes")
    assert (result.exit_code, f"accept its terms at {hub.url}/{REPO}" in result.stderr) == (3, True)


# What it fetches


def test_a_variant_has_a_repository(run: Run, hub: Hub) -> None:
    commit = hub.put(FP8, MODEL)
    (order,) = events(run("pull", "--variant", "fp8", "--dry-run", "--json").stdout)
    assert (order["repo"], order["commit"]) == (FP8, commit)


def test_a_revision_can_be_named(run: Run, hub: Hub) -> None:
    hub.put(REPO, tiny_model(seed=1))
    commit = hub.put(REPO, MODEL, branch="v2")
    assert run("pull", REPO, "--revision", "v2", "--yes").exit_code == 0
    assert (snapshot(VARIANT).name, contents(snapshot(VARIANT))) == (commit, MODEL)


def test_auto_takes_what_the_plan_chose(run: Run, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nemotron_runtime.hardware.probe.gpus", lambda: (Gpu(0, "NVIDIA L40S", 48 << 30),))
    planned = json.loads(run("plan", "--json").stdout)["variant"]
    hub.put(FP8, MODEL)
    assert planned == "fp8"
    (order,) = events(run("pull", "--dry-run", "--json").stdout)
    assert order["repo"] == FP8


def test_auto_without_a_card_says_what_to_do(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nemotron_runtime.hardware.probe.gpus", tuple)
    result = run("pull")
    assert (result.exit_code, "nemotron pull --variant fp8" in result.stderr) == (3, True)


def test_repository_and_variant_exclude_each_other(run: Run) -> None:
    assert run("pull", REPO, "--variant", "fp8").exit_code == 2


# Processes of their own


def test_the_variables_of_hugging_face_hold(tmp_path: Path) -> None:
    with serving() as hub:
        hub.put(REPO, MODEL)
        hub.token = "hf_secret"
        online = environment(hub, tmp_path / "home") | {"HF_TOKEN": "hf_secret"}
        code, out, _ = output(REPO, "--yes", "--json", env=online)
        folder = Path(events(out)[-1]["folder"])
        assert (code, contents(folder)) == (0, MODEL)
        assert folder.is_relative_to(tmp_path / "home" / "hub")

        offline = online | {"HF_HUB_OFFLINE": "1", "HF_HOME": "/nowhere"}
        hub.seen.clear()
        there = {"HF_HUB_CACHE": str(tmp_path / "home" / "hub")}
        assert output(REPO, "--json", env=offline | there)[0] == 0
        code, _, said = output(REPO, "--yes", env=offline | {"HF_HUB_CACHE": str(tmp_path / "other")})
        assert (code, "HF_HUB_OFFLINE forbids" in said) == (3, True)
        assert not hub.seen


def test_killed_in_the_middle_it_goes_on_where_it_was(hub: Hub, tmp_path: Path) -> None:
    model = tiny_model(config=CONFIG | {"vocab_size": 16384})
    shard = max(SHARDS, key=lambda name: len(model[name]))
    hub.put(REPO, model)
    reached, over = threading.Event(), threading.Event()
    hub.fail(shard, hold(400_000, reached, over))
    process = child(REPO, "--yes", env=environment(hub, tmp_path), stderr=subprocess.DEVNULL)
    blobs = tmp_path / "hub" / "models--someone--Tiny-Nemotron" / "blobs"
    partial = blobs / f"{sha256(model[shard])}.incomplete"
    while not (partial.exists() and partial.stat().st_size > 300_000):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    over.set()
    with pytest.raises(WeightsMissing, match="has not been downloaded"):
        snapshot(VARIANT)
    arrived = partial.stat().st_size
    assert contents(pull()) == model
    assert hub.asked(shard)[-1].headers["range"] == f"bytes={arrived}-"


def test_ctrl_c_ends_it_and_keeps_what_has_arrived(hub: Hub, tmp_path: Path) -> None:
    hub.put(REPO, MODEL)
    reached, over = threading.Event(), threading.Event()
    hub.fail(SHARDS[0], hold(700, reached, over), *[hold(0, reached, over)] * 99)
    environ = environment(hub, tmp_path) | {"HF_HUB_DOWNLOAD_TIMEOUT": "1"}
    process = child(REPO, "--yes", env=environ, stderr=subprocess.PIPE)
    assert reached.wait()
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1]
    over.set()
    hub.faults.clear()
    assert (process.returncode, "Traceback" in said) == (130, False)
    assert contents(pull()) == MODEL


def test_two_processes_at_once_fetch_each_byte_once(tmp_path: Path) -> None:
    with serving() as hub:
        hub.put(REPO, MODEL)
        reached, go_on = threading.Event(), threading.Event()
        hub.fail(SHARDS[0], hold(100, reached, go_on))
        environ = environment(hub, tmp_path)
        first = child(REPO, "--yes", env=environ, stderr=subprocess.DEVNULL)
        assert reached.wait()
        second = child(REPO, "--yes", env=environ, stderr=subprocess.PIPE)
        assert second.stderr
        assert any("another pull of it is going on" in line for line in second.stderr)
        go_on.set()
        said = second.communicate()[1]
        assert (first.wait(), second.returncode, "is whole" in said) == (0, 0, True)
        assert all(len(hub.asked(shard)) == 2 for shard in SHARDS)  # the hub, then its store
